using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Pairing;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Nodes;

/// <summary>Real vaults in temporary folders that were paired by a real invite over loopback TCP; the first one serves.</summary>
internal sealed class PairedVaults : IAsyncDisposable
{
    private readonly List<TestVault> _vaults = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _serving = [];
    private readonly List<SyncNode> _nodes = [];
    private readonly List<PeerAddress> _addresses = [];

    public TestVault this[int index] => _vaults[index];

    public SyncNode Node(int index) => _nodes[index];

    public string Address(int index) => _addresses[index].ToString();

    public static async Task<PairedVaults> CreateAsync(int count = 2)
    {
        var paired = new PairedVaults();
        await paired.AddAsync(TestVault.Create("device 0"));
        for (int i = 1; i < count; i++) await paired.AddAsync(await JoinAsync(paired[0].Vault, "device " + i));
        return paired;
    }

    /// <summary>Invites and joins over loopback, as two machines would.</summary>
    public static async Task<TestVault> JoinAsync(Vault inviter, string name)
    {
        string folder = TestVault.NewFolder();
        var key = KeyFile.Create(SystemRandomSource.Instance);
        using var slot = SlotKey.FromKeyFile(key);
        var text = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var inviting = PairingOperations.InviteAsync(inviter, new NodeOptions(), PeerAddress.Parse("127.0.0.1:0"), TimeSpan.FromMinutes(1), (t, _) => text.SetResult(t));
        var joined = await PairingOperations.JoinAsync(
            await text.Task, new FolderStores(folder, null, create: true), name, [slot], new NodeOptions(), TimeProvider.System, SystemRandomSource.Instance, file => file.UnlockWithKeyFile(key));
        Assert.True(joined.Sync.Outcome is SyncOutcome.Synced or SyncOutcome.UpToDate, joined.Sync.Peers[0].Error?.ToString() ?? joined.Sync.Outcome.ToString());
        var result = await inviting;
        Assert.Equal(joined.DeviceId, result.Device);
        Assert.Equal(name, result.Name);
        return TestVault.OpenAt(folder, key);
    }

    public Task<RoundSummary> SyncAsync(int from, int to, bool push = true, bool pull = true) => _nodes[from].SyncAsync([Address(to)], new SyncRequest(push, pull));

    /// <summary>Ends the nodes and closes the vaults; the folders stay, and every file in them can be read.</summary>
    public async Task CloseAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        await Task.WhenAll(_serving);
        foreach (var node in _nodes) node.Dispose();
        foreach (var vault in _vaults) vault.Vault.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        foreach (var vault in _vaults) vault.Dispose();
        _stop.Dispose();
    }

    private async Task AddAsync(TestVault vault)
    {
        var node = new SyncNode(vault.Vault, new NodeOptions { Folder = vault.Folder });
        var ready = new TaskCompletionSource<PeerAddress>(TaskCreationOptions.RunContinuationsAsynchronously);
        _vaults.Add(vault);
        _nodes.Add(node);
        _serving.Add(node.ServeAsync(PeerAddress.Parse("127.0.0.1:0"), ready.SetResult, null, _stop.Token));
        _addresses.Add(await ready.Task);
    }
}
