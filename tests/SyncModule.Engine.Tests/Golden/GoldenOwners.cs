using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Golden;

/// <summary>
/// The part of the golden vault with policies that choose what shows, owners whose word counts and others' does not, a checkpoint, and what the desk then
/// pruned. Behind the floor somebody decides about versions that stood there, and somebody comes to own what had been written freely below it.
/// </summary>
internal sealed class GoldenOwners(GoldenStory story)
{
    private const string Rules = "rules", Volumes = "volumes";

    public void Tell()
    {
        Policies();
        Owners();
        Everybody();
        Assert.Equal(4, story.Desk.Vault.RefusedWrites().Count);
        Do(story.Desk, v => v.Delete(Rules, ["old"]));
        Everybody();
        Checkpoint();
        Behind();
    }

    private void Policies()
    {
        Set(story.Desk, CollectionPolicy.Setting(ItemPolicy.Of(PolicyRule.FirstWriterWins)), CollectionPolicy.Setting("waits/*", ItemPolicy.Of(PolicyRule.Manual)), CollectionPolicy.Setting("from-phone/*", ItemPolicy.Of(story.Phone.Vault.Device)));
        Set(story.Desk, CollectionPolicy.Setting("fields/*", ItemPolicy.Of(PolicyRule.FieldMerge)), new("/patterns/later~1*", "[\"votes\",2]"u8.ToArray()));
        story.Put(story.Desk, "old", "goes before the floor", Rules);
        Do(story.Desk, v => v.Patch(Rules, "fields/lamp", Fields(("/shelf", "\"A\""), ("/price", "1"))));
        Everybody();
        foreach (string key in new[] { "first", "waits/one", "waits/two", "from-phone/x", "later/x" })
        {
            story.Put(story.Phone, key, "of the phone", Rules);
            story.Put(story.Laptop, key, "of the laptop " + new string('l', 80), Rules);
        }

        Do(story.Phone, v => v.Patch(Rules, "fields/lamp", Fields(("/shelf", "\"B\""))));
        Do(story.Laptop, v => v.Patch(Rules, "fields/lamp", Fields(("/price", "2"))));
        for (int i = 0; i < 6; i++) story.Put(story.Desk, "later/often", $"version {i} " + new string('o', 70), Rules);
    }

    // One unit is claimed by two at once, one is handed on, one is taken from who is away; an atomic commit is void with one of its writes.
    private void Owners()
    {
        story.Put(story.Desk, "free", "of nobody", Volumes);
        Do(story.Desk, v => v.Own(Volumes, "disk"));
        Do(story.Laptop, v => v.Own(Volumes, "disk"));
        story.Put(story.Laptop, "disk/a", "of the later claim", Volumes);
        story.Put(story.Desk, "disk/a", "of the earlier claim", Volumes);
        Do(story.Phone, v => v.Own(Volumes, "stick"));
        story.Put(story.Phone, "stick/x", "of the phone", Volumes);
        Everybody();
        Do(story.Phone, v => v.Own(Volumes, "stick", story.Laptop.Vault.Device));
        Everybody();
        story.Put(story.Laptop, "stick/x", "of the new owner", Volumes);
        Do(story.Desk, v => v.Own(Volumes, "stick")); // an administrator's rescue, which has not seen that write
        story.Put(story.Phone, "loose", "before somebody owns it", Volumes);
        story.Time.Milliseconds += 10;
        story.Phone.Vault.Commit([new([Intent(Volumes, "cable"), Intent(Rules, "cable")], [], Atomic: true)]);
        Do(story.Desk, v => v.Own(Volumes, "cable"));
    }

    private void Checkpoint()
    {
        story.Time.Milliseconds += 10;
        // Stepped sessions do not hand on what devices say of themselves.
        foreach (var device in new[] { story.Laptop, story.Phone }) story.Desk.Vault.TakeAcknowledgements(device.Vault.AcknowledgementsFor(story.Desk.Vault.Device));
        Assert.InRange(story.Desk.Vault.MakeCheckpoint(withSnapshot: true).Deletions, 1, 100);
        Everybody();
        Assert.InRange(story.Desk.Vault.Prune(history: true).Commits, 3, 100);
    }

    private void Behind()
    {
        story.Put(story.Laptop, "later/often", "behind the floor", Rules);
        story.Resolve(story.Phone, Rules, "waits/one", "of the phone"); // both versions stood at the floor
        Do(story.Laptop, v => v.Own(Volumes, "loose")); // what it had not seen there counts all the same
        story.Put(story.Laptop, "loose", "by its owner", Volumes);
        story.Put(story.Phone, "loose", "not by its owner", Volumes);
        Everybody();
    }

    private void Everybody()
    {
        story.Sync(story.Laptop, story.Desk);
        story.Sync(story.Phone, story.Desk);
        story.Sync(story.Laptop, story.Desk);
    }

    private void Set(SeededVault device, params KeyValuePair<string, byte[]?>[] settings) =>
        story.Write(device, Rules, "", state => CollectionPolicy.Write(state, Rules, settings.ToDictionary(s => s.Key, s => s.Value))!);

    private void Do(SeededVault device, Action<Engine.Vaults.Vault> act)
    {
        story.Time.Milliseconds += 10;
        act(device.Vault);
    }

    private static Engine.Vaults.ItemIntent Intent(string collection, string key) => new(collection, key, state => Writes.Put(state, collection, key, ItemValue.FromBytes("all or nothing"u8.ToArray())));

    private static Dictionary<string, ReadOnlyMemory<byte>?> Fields(params (string Path, string Json)[] fields) =>
        fields.ToDictionary(f => f.Path, f => (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(f.Json));
}
