using SyncModule.Core.Merging;
using SyncModule.LargeRuns.Devices;
using SyncModule.LargeRuns.Hosts;
using Meeting = SyncModule.LargeRuns.Hosts.Meeting;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Three devices of one vault in folders of their own; the first has paired the others.</summary>
internal sealed class ThreeDesks : IDisposable
{
    private readonly List<Desk> _desks = [];

    public ThreeDesks()
    {
        var hosts = new[] { Host.New("one"), Host.New("two"), Host.New("three") };
        new HostProcess(hosts[0]).Create();
        _desks.Add(new(hosts[0]));
        foreach (var host in hosts[1..])
        {
            Meeting.Pair(_desks[0].Vault, host, new HostProcess(host));
            _desks.Add(new(host));
        }
    }

    public Desk this[int index] => _desks[index];

    public static void Sync(Desk client, Desk server) => Assert.Null(Meeting.Sync(client.Vault, server.Vault).Peers[0].Error);

    /// <summary>Until everybody has said that it has everything.</summary>
    public void AllMeet()
    {
        for (int turn = 0; turn < 3; turn++)
        {
            foreach (var desk in _desks[1..]) Sync(desk, _desks[0]);
        }
    }

    public void AssertSame()
    {
        foreach (var desk in _desks)
        {
            Assert.Equal(_desks[0].Vault.Digest(), desk.Vault.Digest());
            Assert.Equal(MergeRecords.Encode(_desks[0].Vault.MergeRecords()), MergeRecords.Encode(desk.Vault.MergeRecords()));
            Assert.True(desk.Vault.StateFitsLog());
        }
    }

    public void Dispose()
    {
        foreach (var desk in _desks) desk.Dispose();
    }
}
