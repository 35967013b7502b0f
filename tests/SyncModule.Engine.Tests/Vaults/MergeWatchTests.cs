using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

public sealed class MergeWatchTests : IDisposable
{
    private readonly MemoryVault _test = new();
    private readonly DeviceKeys _device = DeviceKeys.Create(SystemRandomSource.Instance);
    private readonly Vault _vault;
    private readonly ForeignWriter _other;
    private ulong _time;

    public MergeWatchTests()
    {
        _vault = _test.Open();
        _vault.AddMember(_device.Certify(_vault.Id, DeviceRole.Full), "other");
        _other = new ForeignWriter(_vault.Id, _device, new(Guid.NewGuid().ToByteArray()));
    }

    public void Dispose()
    {
        _test.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void Each_record_comes_once_however_often_it_is_asked_for()
    {
        var watch = new MergeWatch(_vault);
        Assert.Empty(watch.Take());
        Compete("a");
        Compete("b");
        var open = watch.Take();
        Assert.Equal(["a", "b"], open.Select(r => r.Key).Order(StringComparer.Ordinal));
        Assert.All(open, r => Assert.Equal(MergeState.Open, r.State));
        Assert.Empty(watch.Take());

        // One more version: the open record of this item is another one.
        FromOther("a", "a third");
        var third = Assert.Single(watch.Take());
        Assert.Equal(("a", 3), (third.Key, third.Heads.Count));
        Assert.DoesNotContain(third.Id, open.Select(r => r.Id));
        Assert.Empty(watch.Take());

        Put("a", "the last word");
        Put("c", "nothing competes");
        var settled = Assert.Single(watch.Take());
        Assert.Equal(("a", MergeState.Settled), (settled.Key, settled.State));
        Assert.Empty(watch.Take());
        Compete("d");
        Assert.Equal("d", Assert.Single(watch.Take()).Key);
        Assert.Equal(3, _vault.MergeRecords().Count);
    }

    [Fact]
    public void An_open_record_that_a_policy_words_anew_comes_once_more_and_no_other_does()
    {
        Compete("a");
        Compete("b");
        var watch = new MergeWatch(_vault);
        _vault.SetPolicy("items", new() { Policy = "manual", Patterns = ["a"] });
        var worded = Assert.Single(watch.Take());
        Assert.Equal(("a", MergeRule.Manual, true), (worded.Key, worded.Rule, worded.IsWaiting));
        Assert.Empty(watch.Take());
        _vault.SetPolicy("items", new() { Counters = ["/n"] }); // says nothing about what stands
        Assert.Empty(watch.Take());
        _vault.SetPolicy("items", new() { RemovedPatterns = ["a"] });
        Assert.Equal(MergeRule.LastWriterWins, Assert.Single(watch.Take()).Rule);
    }

    [Fact]
    public void What_was_there_before_does_not_come()
    {
        Compete("a");
        Compete("b");
        Put("a", "settled");
        var watch = new MergeWatch(_vault);
        Assert.Empty(watch.Take());
        Put("b", "settled too");
        Assert.Equal("b", Assert.Single(watch.Take()).Key);
    }

    private void Compete(string key)
    {
        Put(key, "ours");
        FromOther(key, "theirs");
    }

    private void Put(string key, string value) => _vault.Commit([new([new ItemIntent("items", key, s => Writes.Put(s, "items", key, ItemValue.FromBytes(System.Text.Encoding.UTF8.GetBytes(value))))], [])]);

    // Without a word about what stands here: it competes.
    private void FromOther(string key, string value)
    {
        byte[] plain = OperationList.Encode([ForeignWriter.Put("items", key, value)]);
        _vault.Receive([_other.Write(_vault.Keys.FirstEpoch, _vault.Membership.Heads, ++_time, [(_vault.Keys.Genesis.TagOf("items"), plain)]).Bundle]);
    }
}
