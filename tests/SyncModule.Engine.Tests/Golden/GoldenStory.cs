using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Simulation;

namespace SyncModule.Engine.Tests.Golden;

/// <summary>
/// The vault that is kept in the newest of tests/fixtures/golden-N, told from its first commit: three devices that edit, conflict, delete and decide, and
/// in <see cref="GoldenTrouble"/> a fourth whose program breaks rules. Keys, ids and times are fixed, so the same code makes the same bytes.
/// </summary>
internal sealed class GoldenStory : IDisposable
{
    public const string Passphrase = "golden pass phrase";

    private const long Begin = 1_767_225_600_000;

    private int _sessions;

    private GoldenStory()
    {
        Time = new StandingTime(Begin);
        using var passphrase = SlotKey.FromPassphrase(Passphrase, new(Argon2Parameters.MinMemoryKiB, Argon2Parameters.MinPasses), new SeededRandom(100));
        Desk = SeededVault.Found("desk", new SeededRandom(101), Time, passphrase);
        Laptop = Desk.Join("laptop", new SeededRandom(102));
        Phone = Desk.Join("téléphone", new SeededRandom(103));
    }

    public StandingTime Time { get; }

    /// <summary>Whose folder is kept.</summary>
    public SeededVault Desk { get; }

    public SeededVault Laptop { get; }

    public SeededVault Phone { get; }

    public static GoldenStory Tell()
    {
        var story = new GoldenStory();
        story.Files();
        story.Items();
        story.Conflicts();
        story.Decisions();
        new GoldenParts(story).Tell();
        new GoldenOwners(story).Tell();
        new GoldenTrouble(story).Tell();
        return story;
    }

    public void Dispose()
    {
        Desk.Dispose();
        Laptop.Dispose();
        Phone.Dispose();
    }

    /// <summary>A session between two devices; the clock goes on a second before it.</summary>
    public void Sync(SeededVault one, SeededVault other)
    {
        Time.Milliseconds += 1_000;
        SteppedSession.Run(one.Vault, other.Vault, Number(++_sessions), Number(++_sessions));
    }

    public Dot Put(SeededVault device, string key, string value, string collection = "items") => Put(device, key, Encoding.UTF8.GetBytes(value), null, collection);

    public Dot Put(SeededVault device, string key, byte[] value, Metadata? metadata, string collection = "items")
    {
        Time.Milliseconds += 10;
        return device.Vault.Put(collection, key, new MemoryStream(value), metadata).Dots[0]!.Value;
    }

    /// <summary>One operation as it is given, over whatever state there is.</summary>
    public Dot Write(SeededVault device, string collection, string key, Func<KeyState?, Operation> build)
    {
        Time.Milliseconds += 10;
        return device.Vault.Commit([new([new(collection, key, build)], [])])[0].Dots[0]!.Value;
    }

    private static Id32 Number(int number) => new([.. new byte[31], (byte)number]);

    // What an import would write: folder, file, link; one file that compresses, one of several chunks, one that becomes an object of the log.
    private void Files()
    {
        Put(Desk, "docs", [], Metadata("dir", 493));
        Put(Desk, "docs/report.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(1, 400).Select(i => $"{i:000}: the same line again and again\n"))), Metadata("file", 420));
        Link("docs/link", "report.txt");
        Put(Desk, "photos/large.bin", Noise(1, 150_000), Metadata("file", 384));
        Put(Desk, "photos/small.bin", Noise(2, 6_000), Metadata("file", 420));
        Put(Desk, "photos/empty.bin", [], Metadata("file", 420));
    }

    private void Link(string key, string target) => Write(Desk, "items", key, state =>
        Writes.Put(state, "items", key, null, metadata: Metadata("link", null).With(Core.Model.Metadata.TargetKey, target), content: Desk.Vault.Keys.Genesis.ContentOf(Core.Encoding.Digest.Hash([]))));

    private void Items()
    {
        Put(Desk, "notes/todo", "milk");
        Put(Desk, "notes/plan", "first");
        Put(Desk, "notes/kept", "kept");
        Put(Desk, "notes/old", "gone");
        Put(Desk, "ünï/\uff01", "before the next in UTF-8 order");
        Put(Desk, "ünï/\U0001f600", "behind the one before");
        Put(Desk, "name", "another collection", "Größe");
        Put(Desk, "notes/long", string.Concat(Enumerable.Repeat("longer than a state repeats. ", 40)));
        Time.Milliseconds += 10;
        Desk.Vault.Delete("items", ["notes/old"]);
        Write(Desk, "contacts", "ada", state => Writes.Put(state, "contacts", "ada", ItemStoryValue("Ada"), [new("mail", ItemStoryValue("ada@example.org")), new("phone", ItemStoryValue("1")), new("\uff01", ItemStoryValue("full width"))], new Metadata().With("user.tag", "friend").With("user.\U0001f600", "smile").With("user.\uff01", "mark")));
        Time.Milliseconds += 10;
        Desk.Vault.Commit([new([Intent("settings", "theme", "dark"), Intent("items", "app/config", "{}")], [], Atomic: true)]);
        Sync(Laptop, Desk);
        Sync(Phone, Desk);
    }

    private void Conflicts()
    {
        Put(Desk, "notes/todo", "milk, bread");
        Put(Laptop, "notes/todo", "milk, eggs");
        Phone.Vault.Delete("items", ["notes/todo"]);
        Phone.Vault.Delete("items", ["notes/kept"]);
        Put(Laptop, "notes/kept", "kept and changed");
        // Long values of two heads in one cell: equal, and told apart, without a content id.
        foreach (var (device, text) in new[] { (Desk, "a"), (Laptop, "a"), (Phone, "b") })
        {
            Write(device, "contacts", "long", state => Writes.Put(state, "contacts", "long", null, [new("equal", ItemStoryValue(new string('e', 100))), new("other", ItemStoryValue(new string(text[0], 65))), new("short", ItemStoryValue(new string(text[0], 64)))]));
        }

        Put(Desk, "notes/same", "equal on both");
        Put(Laptop, "notes/same", "equal on both");
        Write(Laptop, "contacts", "ada", state => Writes.Put(state, "contacts", "ada", state!.Item!.First.Value, [new("mail", ItemStoryValue("ada@lovelace.example")), new("phone", ItemStoryValue("1"))], state.Item.First.Metadata));
        Write(Phone, "contacts", "ada", state => new("contacts", "ada", OperationKind.Put, [.. state!.Item!.Heads.Select(h => h.Dot)], null, true, state.Item.First.Value, [new("phone", ItemStoryValue("2"))], state.Item.First.Metadata, null));
        Put(Desk, "notes/plan", "of the desk");
        Put(Laptop, "notes/plan", "of the laptop");
        Put(Desk, "theme", "light", "settings");
        Put(Phone, "theme", "blue", "settings");
        Put(Laptop, "photos/received.bin", Noise(3, 9_000), Metadata("file", 420));
        Sync(Laptop, Desk);
        Sync(Phone, Desk);
        Sync(Laptop, Desk);
    }

    // A person decides, a later write settles, two people decide at once, and a clock that runs a day ahead is outrun by causality.
    private void Decisions()
    {
        Resolve(Desk, "items", "notes/plan", "of the laptop");
        Put(Laptop, "theme", "solarized", "settings");
        Put(Phone, "notes/both", "one");
        Put(Laptop, "notes/both", "two");
        Sync(Phone, Desk);
        Sync(Laptop, Desk);
        Sync(Phone, Desk);
        Resolve(Phone, "items", "notes/both", "one");
        Resolve(Laptop, "items", "notes/both", "two");
        Time.Milliseconds += 86_400_000;
        Put(Phone, "notes/future", "of tomorrow");
        Time.Milliseconds -= 86_400_000;
        Sync(Phone, Desk);
        Put(Desk, "notes/future", "of today, and later all the same");
        Sync(Laptop, Desk);
    }

    /// <summary>A person chooses the version that says this.</summary>
    public void Resolve(SeededVault device, string collection, string key, string value)
    {
        Time.Milliseconds += 10;
        var head = device.Vault.Find(collection, key)!.Item!.Heads.Single(h => h.Value is { IsDetached: false, Reference: null } v && Encoding.UTF8.GetString(v.Inline.Span) == value);
        device.Vault.Resolve(collection, key, VersionId.Of(head.Dot));
    }

    private static Engine.Vaults.ItemIntent Intent(string collection, string key, string value) => new(collection, key, state => Writes.Put(state, collection, key, ItemStoryValue(value)));

    private static ItemValue ItemStoryValue(string text) => ItemValue.FromBytes(Encoding.UTF8.GetBytes(text));

    private static Metadata Metadata(string type, int? mode)
    {
        var metadata = new Metadata().With(Core.Model.Metadata.TypeKey, type).With(Core.Model.Metadata.TimeKey, (Begin * 1_000_000) + 123_456_789);
        return mode is { } bits ? metadata.With(Core.Model.Metadata.ModeKey, bits) : metadata;
    }

    private static byte[] Noise(ulong seed, int length)
    {
        var bytes = new byte[length];
        new SeededRandom(seed).Fill(bytes);
        return bytes;
    }
}
