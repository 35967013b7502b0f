using System.Text;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Pairing;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Nodes;

/// <summary>Nothing leaks: planted words are looked for in every byte that crossed the wire and in every file of both folders.</summary>
public sealed class CanaryTests
{
    [Fact]
    public async Task Sixteen_planted_words_are_nowhere_on_the_wire_or_on_either_disk()
    {
        string[] canaries = [.. Enumerable.Range(0, 16).Select(i => $"canary{i:00}-Zwölf-{(char)('a' + i)}{(char)('q' - i)}x")];
        var wire = new RecordingTransport();
        var options = new NodeOptions { Transport = wire };
        string folderA = TestVault.NewFolder(), folderB = TestVault.NewFolder();
        var cheap = new Argon2Parameters(Argon2Parameters.MinMemoryKiB, Argon2Parameters.MinPasses);
        using var slotA = SlotKey.FromPassphrase(canaries[0], cheap, SystemRandomSource.Instance);
        using var slotB = SlotKey.FromPassphrase(canaries[1], cheap, SystemRandomSource.Instance);
        VaultCreation.Create(new FolderStores(folderA, null, create: true), canaries[2], [slotA], TimeProvider.System, SystemRandomSource.Instance);
        try
        {
            using (var a = VaultCreation.Open(new FolderStores(folderA, null), f => f.UnlockWithPassphrase(canaries[0]), TimeProvider.System, SystemRandomSource.Instance))
            {
                Plant(a, canaries);
                var text = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
                var inviting = PairingOperations.InviteAsync(a, options, PeerAddress.Parse("127.0.0.1:0"), TimeSpan.FromMinutes(1), (t, _) => text.SetResult(t));
                await PairingOperations.JoinAsync(await text.Task, new FolderStores(folderB, null, create: true), canaries[3], [slotB], options, TimeProvider.System, SystemRandomSource.Instance, f => f.UnlockWithPassphrase(canaries[1]));
                await inviting;
            }

            using (var b = VaultCreation.Open(new FolderStores(folderB, null), f => f.UnlockWithPassphrase(canaries[1]), TimeProvider.System, SystemRandomSource.Instance))
            {
                Assert.Equal(canaries[5], b.GetText(canaries[4]));
                new PeerBook(b).Add(canaries[15], ["127.0.0.1:22020"]);
            }

            Assert.True(wire.Recorded.Length > 100_000);
            AssertClean("the wire", wire.Recorded, canaries);
            foreach (string file in Directory.GetFiles(folderA, "*", SearchOption.AllDirectories).Concat(Directory.GetFiles(folderB, "*", SearchOption.AllDirectories)))
            {
                AssertClean(file, File.ReadAllBytes(file), canaries);
                AssertClean("the name of " + file, Encoding.UTF8.GetBytes(file), canaries);
            }
        }
        finally
        {
            Directory.Delete(folderA, recursive: true);
            if (Directory.Exists(folderB)) Directory.Delete(folderB, recursive: true);
        }
    }

    // What is computed on a device: its names and values are in nothing that is sent, and on no disk in clear; the peer's folder does not have them at all.
    [Fact]
    public async Task Words_of_a_computed_collection_leave_the_device_in_no_form()
    {
        string[] words = ["derived-name-Zwölf-1x", "derived-value-Zwölf-2x", "derived-meta-Zwölf-3x", "derived-long-Zwölf-4x"];
        var wire = new RecordingTransport();
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        b.SetPolicy("computed", new() { Derived = true });
        using (var build = b.BeginDerived("computed"))
        {
            build.Add(words[0], Encoding.UTF8.GetBytes(words[1]), new Metadata().With(Metadata.UserPrefix + "k", words[2]));
            build.Add("long/" + words[0], Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(words[3], 9_000))));
            build.Complete();
        }

        b.Put("plain", string.Concat(Enumerable.Repeat("travels ", 50_000)));
        using (var node = new SyncNode(b, new NodeOptions { Transport = wire }))
        {
            Assert.Equal(SyncOutcome.Synced, (await node.SyncAsync([pair.Address(0)], new SyncRequest())).Outcome);
        }

        Assert.Equal(2, b.ItemsOf("computed").Count());
        Assert.Empty(a.ItemsOf("computed", deleted: true));
        Assert.True(a.PolicyOf("computed").IsDerived);
        Assert.Equal(a.Digest(), b.Digest());
        Assert.True(wire.Recorded.Length > 1_000);
        AssertClean("the wire", wire.Recorded, words);
        // Nor sealed: everything that the peer holds opens there, and none of it has them.
        Assert.DoesNotContain(a.CommitsBehind(Lane.Data, new VersionVector()).SelectMany(a.OperationsOf), o => o.Operation.Collection == "computed" && o.Operation.Key.Length > 0);
        await pair.CloseAsync();
        foreach (string file in Directory.GetFiles(pair[0].Folder, "*", SearchOption.AllDirectories).Concat(Directory.GetFiles(pair[1].Folder, "*", SearchOption.AllDirectories)))
        {
            AssertClean(file, File.ReadAllBytes(file), words);
        }
    }

    [Fact]
    public void The_search_finds_a_word_in_each_of_its_disguises()
    {
        foreach (byte[] disguise in Disguises("canary-ö")) Assert.True(Contains([1, 2, .. disguise, 3], disguise));
        Assert.Equal(9, Disguises("canary-ö").Count);
    }

    private static void Plant(Vault vault, string[] words)
    {
        vault.Put(words[4], words[5]);
        vault.Put(words[6], string.Concat(Enumerable.Repeat(words[7], 9_000)));
        vault.Put("items", words[8], new MemoryStream(Encoding.UTF8.GetBytes(words[9])), new Metadata().With(Metadata.UserPrefix + words[10], words[11]).With(Metadata.TargetKey, words[12]));
        vault.Put(words[13], words[14], new MemoryStream([1]));
        var noise = new byte[200_000];
        new Random(5).NextBytes(noise);
        Encoding.UTF8.GetBytes(words[7]).CopyTo(noise, 100_000);
        vault.Put("items", "noise", new MemoryStream(noise));
        vault.Delete("items", [words[6]]);
        vault.Put(words[6], "again");
        new PeerBook(vault).Add(words[15], ["127.0.0.1:22020"]);
    }

    private static void AssertClean(string where, byte[] bytes, string[] canaries)
    {
        foreach (string canary in canaries)
        {
            foreach (byte[] disguise in Disguises(canary)) Assert.False(Contains(bytes, disguise), $"{canary} stands in {where}");
        }
    }

    private static bool Contains(byte[] bytes, byte[] word) => bytes.AsSpan().IndexOf(word) >= 0;

    // Plain, UTF-16 in both orders, hex in both cases, base64 at each of the three alignments, base64url.
    private static List<byte[]> Disguises(string word)
    {
        byte[] plain = Encoding.UTF8.GetBytes(word);
        var disguises = new List<byte[]> { plain, Encoding.Unicode.GetBytes(word), Encoding.BigEndianUnicode.GetBytes(word), Encoding.ASCII.GetBytes(Convert.ToHexString(plain)), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(plain)) };
        for (int shift = 0; shift < 3; shift++)
        {
            string encoded = Convert.ToBase64String([.. new byte[shift], .. plain]);
            disguises.Add(Encoding.ASCII.GetBytes(encoded[((shift * 4 / 3) + 1)..^4]));
        }

        disguises.Add(Encoding.ASCII.GetBytes(Convert.ToBase64String(plain).TrimEnd('=').Replace('+', '-').Replace('/', '_')));
        return disguises;
    }
}
