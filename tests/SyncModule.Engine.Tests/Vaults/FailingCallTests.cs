using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Maintenance;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Storage;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Each disk call in turn fails once: whoever called is told so by a typed error, and nothing false is concluded from it.</summary>
public sealed class FailingCallTests
{
    private readonly KeyFile _key = KeyFile.Create(SystemRandomSource.Instance);
    private MemoryDisk _disk = new();
    private MemoryStores _stores;

    public FailingCallTests() => _stores = new MemoryStores(_disk.OpenProcess());

    private void Create()
    {
        using var slot = SlotKey.FromKeyFile(_key);
        VaultCreation.Create(_stores, "desk", [slot], TimeProvider.System, SystemRandomSource.Instance);
    }

    private Vault Open() => VaultCreation.Open(_stores, file => file.UnlockWithKeyFile(_key), TimeProvider.System, SystemRandomSource.Instance);

    /// <summary>Runs an action with its first, then with a later, … call failing, until it makes fewer; returns which number was reached.</summary>
    private int Sweep(Action action, Func<DiskCall, bool>? which = null, Action? prepare = null, int step = 1)
    {
        for (int number = 1; ; number += step)
        {
            prepare?.Invoke();
            int calls = 0;
            _disk.FaultHook = call => (which?.Invoke(call) ?? true) && Interlocked.Increment(ref calls) == number ? DiskFault.Failed : null;
            try
            {
                action();
            }
            catch (SyncException e)
            {
                Assert.True(e.Kind == SyncErrors.DiskFailed || e.Kind == SyncErrors.VaultDamaged, e.ToString());
            }

            _disk.FaultHook = null;
            if (calls < number) return number - 1;
        }
    }

    [Fact]
    public void Making_a_vault()
    {
        Assert.True(Sweep(Create, prepare: () =>
        {
            _disk = new MemoryDisk();
            _stores = new MemoryStores(_disk.OpenProcess());
        }) > 20);
    }

    [Fact]
    public void Opening_verifying_and_repairing()
    {
        Create();
        using (var vault = Open())
        {
            vault.Put("small", "value");
            vault.Put("items", "large", new MemoryStream(Noise(200_003)));
        }

        Assert.True(Sweep(() => Open().Dispose()) > 10);
        Assert.True(Sweep(() =>
        {
            _stores.DeleteIndex();
            Open().Dispose();
        }, step: 2) > 20);
        using var open = Open();
        Assert.True(Sweep(() => Verifier.Run(open, new VerifyOptions(ReadData: true)), step: 3) > 20);
        Assert.True(Sweep(() => Repairer.RunAsync(open, new NodeOptions(), null).GetAwaiter().GetResult(), step: 5) > 20);
        Assert.Equal("value", open.GetText("small"));
        Assert.Equal(Noise(200_003), open.Get("large"));
    }

    [Fact]
    public void Syncing()
    {
        Create();
        using var vault = Open();
        var network = new NodeOptions { Transport = new MemoryTransport() };
        using var node = new SyncNode(vault, network);
        using var stop = new CancellationTokenSource();
        string address = "";
        var serving = node.ServeAsync(PeerAddress.Parse("127.0.0.1:0"), a => address = a.ToString(), null, stop.Token);

        // Meeting itself: the round ends at the handshake, behind the journals and the packs that are looked at first.
        Sweep(() =>
        {
            var result = node.SyncAsync([address], new SyncRequest()).GetAwaiter().GetResult();
            Assert.True(result.Peers[0].Error is null || result.Peers[0].Error!.Kind != SyncErrors.InternalError, result.Peers[0].Error?.ToString());
        }, call => call.Operation is "list" or "stat");
        stop.Cancel();
        serving.GetAwaiter().GetResult();
    }

    [Fact]
    public void A_manifest_that_cannot_be_read_now_is_not_taken_for_one_that_names_nothing()
    {
        Create();
        byte[] value = Noise(1_100_003);
        using (var vault = Open()) vault.Put("items", "large", new MemoryStream(value));
        KeepOnlyTheManifest();

        _stores.DeleteIndex();
        using (var vault = Open()) Assert.True(vault.Status().Wanted > 3);
        int opened = 0;
        Sweep(() =>
        {
            _stores.DeleteIndex();
            using var vault = Open();
            _disk.FaultHook = null;
            opened++;
            Assert.True(vault.Status().Wanted > 3, "a read failed, and now nothing is missing");
            Assert.False(vault.IsFull());
        }, call => call.Operation == "read" && call.Path.StartsWith("packs/", StringComparison.Ordinal));
        Assert.True(opened > 0);
    }

    // The chunks have not arrived: their pack is replaced by one that holds the manifest alone.
    private void KeepOnlyTheManifest()
    {
        var view = _disk.OpenProcess();
        using var packs = PackStore.Open(view, SystemRandomSource.Instance.Fill);
        var pack = Assert.Single(packs.List());
        ObjectAddress root;
        using (var vault = Open()) root = Core.Merging.View.Of(vault.Find("items", "large")!).Winner!.Value!.Reference!.Value.Address;
        var record = packs.Scan(pack).Records.Single(r => r.Address == root);
        var bytes = new byte[ObjectRecord.HeaderLength + record.Position.Length];
        ObjectRecord.WriteHeader(bytes, record.Address, record.Position.Length);
        packs.Read(record.Position, bytes.AsSpan(ObjectRecord.HeaderLength));
        using (var writer = packs.CreateWriter())
        {
            writer.Append(bytes);
            writer.Complete();
        }

        view.Delete($"packs/{pack}.pack");
        view.SyncFolder("packs");
    }

    private static byte[] Noise(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
