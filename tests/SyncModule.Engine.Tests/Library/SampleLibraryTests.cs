using SyncModule.Core.Merging;
using SyncModule.Engine.Tests.Nodes;

namespace SyncModule.Engine.Tests.Library;

/// <summary>A library of files on three devices over real sessions, through every kind of operation.</summary>
public sealed class SampleLibraryTests
{
    private static Guid Id(int number) => new($"00000000-0000-4000-8000-{number:x12}");

    // Published in the documentation of Python's uuid module, and one made with it.
    [Theory]
    [InlineData("python.org", "886313e1-3b8a-5372-9b90-0c9aee199e5d")]
    [InlineData("favorite", "a3026895-363c-59b9-8281-389b4b2676c9")]
    public void An_id_of_a_name_is_the_same_everywhere(string name, string id) => Assert.Equal(new Guid(id), DeterministicId.Of(DeterministicId.Tags, name));

    [Fact]
    public void Kinds_come_behind_those_that_they_name_and_a_circle_is_told()
    {
        Assert.Equal(["tags", "devices", "volumes", "locations", "entries", "albums", "metadata"], LibraryModels.InOrder(LibraryModels.All));
        var circle = Assert.Throws<InvalidOperationException>(() => LibraryModels.InOrder([new("a", false, "b"), new("b", false, "c"), new("c", false, "b"), new("d", false)]));
        Assert.EndsWith("a, b, c", circle.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Three_devices_keep_one_library()
    {
        await using var trio = await PairedVaults.CreateAsync(3);
        var (desk, laptop, phone) = (new SampleLibrary(trio[0].Vault), new SampleLibrary(trio[1].Vault), new SampleLibrary(trio[2].Vault));
        SampleLibrary[] all = [desk, laptop, phone];
        var (photos, films, cat, dog, tom) = (Id(10), Id(11), Id(100), Id(101), Id(102));
        var favorite = DeterministicId.Of(DeterministicId.Tags, "favorite");
        var favorites = DeterministicId.Of(DeterministicId.Albums, "favorites");
        desk.Begin();
        await SyncAsync();

        // Owned: each device writes its own records, and nobody else's.
        desk.AddLocation(Id(1), Id(2), photos, "/photos");
        laptop.AddLocation(Id(3), Id(4), films, "/films");
        desk.AddEntries(photos, [(cat, "cat.jpg"), (dog, "dog.jpg")]);
        await SyncAsync();
        Assert.Equal(SyncErrors.NotOwner, Assert.Throws<SyncException>(() => laptop.AddEntries(photos, [(tom, "tom.jpg")])).Kind);
        Assert.Equal(SyncErrors.NotOwner, Assert.Throws<SyncException>(() => phone.RemoveLocation(photos)).Kind);
        Assert.Equal("cat.jpg", (string?)phone.Read("locations", $"{photos}/{cat}")!["name"]);

        // Shared: everybody at once, each another part. What every device makes by itself is one record; two people's tags of one name are two.
        foreach (var library in all) library.MakeSystemRecords();
        desk.Describe(photos, cat, "on the sofa");
        await SyncAsync();
        desk.Vault.Patch("metadata", cat.ToString(), new Dictionary<string, ReadOnlyMemory<byte>?> { ["/note"] = "\"asleep\""u8.ToArray() });
        laptop.Tag(cat, favorite, Id(50));
        phone.Tag(cat, favorite);
        phone.Vault.Patch("metadata", cat.ToString(), new Dictionary<string, ReadOnlyMemory<byte>?> { ["/stars"] = "5"u8.ToArray() });
        foreach (var library in all) library.Opened(cat);
        laptop.AddToAlbum(favorites, $"{photos}/{cat}");
        phone.AddToAlbum(favorites, $"{photos}/{dog}");
        laptop.Vault.PutObject("tags", Id(51).ToString(), """{"name":"holiday"}"""u8.ToArray());
        phone.Vault.PutObject("tags", Id(52).ToString(), """{"name":"holiday"}"""u8.ToArray());
        await SyncAsync();
        foreach (var library in all)
        {
            Assert.Equal($$"""{"entry":"{{photos}}/{{cat}}","note":"asleep","opened":3,"stars":5,"tags":["{{Id(50)}}","{{favorite}}"]}""", library.Read("metadata", cat.ToString())!.ToJsonString());
            Assert.Equal(12, library.Vault.ItemsOf("tags").Count());
            Assert.Equal([new Orphan("metadata", cat.ToString(), Id(50).ToString())], library.Orphans());
            Assert.DoesNotContain(library.Vault.MergeRecords(), r => r.State == MergeState.Open && r.Losers.Count > 0);
        }

        // A reference that comes first waits for nobody, and the record that it names makes it whole.
        phone.Vault.PutObject("tags", Id(50).ToString(), """{"name":"cats"}"""u8.ToArray());
        desk.Untag(cat, favorite);
        await SyncAsync();
        Assert.All(all, library => Assert.Empty(library.Orphans()));
        desk.Vault.SetCounter("metadata", cat.ToString(), "/opened", 0);
        laptop.Opened(cat);
        await SyncAsync();
        Assert.All(all, library => Assert.Equal(1, (int)library.Read("metadata", cat.ToString())!["opened"]!));

        // A location changes hands in one operation, with its entries; what its old owner writes is refused.
        long operations = desk.Vault.Digest().Operations;
        desk.HandOver(photos, laptop.Vault.Device);
        Assert.Equal(operations + 1, desk.Vault.Digest().Operations);
        Assert.Equal(SyncErrors.NotOwner, Assert.Throws<SyncException>(() => desk.AddEntries(photos, [(tom, "tom.jpg")])).Kind);
        await SyncAsync();
        laptop.AddEntries(photos, [(tom, "tom.jpg")]);
        await SyncAsync();
        Assert.All(all, library => Assert.NotNull(library.Read("locations", $"{photos}/{tom}")));
        Assert.All(all, library => Assert.Equal(laptop.Vault.Device, library.Vault.OwnerOf("locations", $"{photos}/{cat}")));

        // It goes whole, in one operation; what others had said of it stays and is shown as an orphan, on every device the same.
        Assert.Equal(4, laptop.RemoveLocation(photos));
        phone.Opened(dog);
        phone.Describe(photos, dog, "written meanwhile");
        await SyncAsync();
        foreach (var library in all)
        {
            Assert.Equal([films.ToString()], library.Vault.ItemsOf("locations").Select(i => i.Key));
            Assert.Equal(
                [new Orphan("albums", favorites.ToString(), $"{photos}/{cat}"), new Orphan("albums", favorites.ToString(), $"{photos}/{dog}"), new Orphan("metadata", cat.ToString(), $"{photos}/{cat}"), new Orphan("metadata", dog.ToString(), $"{photos}/{dog}")],
                library.Orphans().OrderBy(o => o.Kind).ThenBy(o => o.Missing));
        }

        desk.Vault.Delete("metadata", [cat.ToString(), dog.ToString()]);
        await SyncAsync();
        Assert.All(all, library => Assert.All(library.Orphans(), o => Assert.Equal("albums", o.Kind)));
        Assert.All(all, library => Assert.True(library.Vault.StateFitsLog()));

        async Task SyncAsync()
        {
            foreach (int i in new[] { 1, 2, 1 }) await trio.SyncAsync(i, 0);
            Assert.All(all, library => Assert.Equal(desk.Vault.Digest(), library.Vault.Digest()));
        }
    }

    // A lost device: its records are taken over by an administrator, and what it writes late is kept and listed.
    [Fact]
    public async Task What_a_lost_device_owned_is_rescued()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (desk, laptop) = (new SampleLibrary(pair[0].Vault), new SampleLibrary(pair[1].Vault));
        desk.Begin();
        await pair.SyncAsync(1, 0);
        laptop.AddLocation(Id(1), Id(2), Id(10), "/photos");
        await pair.SyncAsync(1, 0);
        laptop.AddEntries(Id(10), [(Id(100), "late.jpg")]);
        desk.HandOver(Id(10), desk.Vault.Device);
        desk.AddEntries(Id(10), [(Id(101), "rescued.jpg")]);
        await pair.SyncAsync(1, 0);
        foreach (var library in new[] { desk, laptop })
        {
            Assert.Null(library.Read("locations", $"{Id(10)}/{Id(100)}"));
            Assert.NotNull(library.Read("locations", $"{Id(10)}/{Id(101)}"));
            Assert.Equal($"{Id(10)}/{Id(100)}", Assert.Single(library.Vault.RefusedWrites()).Operation.Key);
            Assert.Empty(library.Orphans());
        }

        Assert.Equal(desk.Vault.Digest(), laptop.Vault.Digest());
    }
}
