using SyncModule.Core.Encoding;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.Benchmarks.Children;

/// <summary>One open vault with its node, and the tasks that serve and follow.</summary>
internal sealed class OpenNode : IDisposable
{
    private readonly List<Task> _running = [];
    private CancellationTokenSource _stop = new();

    public OpenNode(VaultFolder folder)
    {
        Vault = folder.Open();
        Node = new SyncNode(Vault, new NodeOptions { Folder = folder.Folder });
        Arrivals = new Arrivals(Vault);
    }

    public Vault Vault { get; }

    public SyncNode Node { get; }

    public Arrivals Arrivals { get; }

    /// <summary>The held vector as text: two vaults with the same text hold the same commits.</summary>
    public string Held => Text(Vault);

    public static string Text(Vault vault)
    {
        var writer = new CborWriter();
        vault.HeldVector(Core.Model.Lane.Data).Write(writer);
        return Convert.ToHexString(writer.Written);
    }

    public int Serve()
    {
        var ready = new TaskCompletionSource<PeerAddress>(TaskCreationOptions.RunContinuationsAsynchronously);
        _running.Add(Node.ServeAsync(PeerAddress.Parse("127.0.0.1:0"), ready.SetResult, null, _stop.Token));
        return ready.Task.GetAwaiter().GetResult().Port;
    }

    public void Follow(string address)
    {
        using var level = new ManualResetEventSlim();
        _running.Add(Node.FollowAsync([address], e =>
        {
            if (e.Kind is nameof(SessionSignal.UpToDate) or nameof(SessionSignal.Synced)) level.Set();
        }, _stop.Token));
        if (!level.Wait(TimeSpan.FromSeconds(60))) throw new InvalidOperationException("The session did not become level.");
    }

    public void Stop()
    {
        _stop.Cancel();
        Task.WaitAll([.. _running]);
        _running.Clear();
        _stop.Dispose();
        _stop = new();
    }

    public void Dispose()
    {
        Stop();
        _stop.Dispose();
        Arrivals.Dispose();
        Node.Dispose();
        Vault.Dispose();
    }
}
