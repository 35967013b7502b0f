using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Pairing;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.LargeRuns.Million;

/// <summary>One real folder of the run: its vault, opened by a key file, and what it takes to meet another one over loopback.</summary>
internal sealed class MillionFolder : IDisposable
{
    private readonly string _folder;
    private readonly KeyFile _key;

    private MillionFolder(string folder, KeyFile key)
    {
        (_folder, _key) = (folder, key);
        Vault = Open();
    }

    public Vault Vault { get; private set; }

    public static MillionFolder Create(string folder)
    {
        var key = KeyFile.Create(SystemRandomSource.Instance);
        using var slot = SlotKey.FromKeyFile(key);
        VaultCreation.Create(new FolderStores(folder, null, create: true), "first", [slot], TimeProvider.System, SystemRandomSource.Instance);
        return new(folder, key);
    }

    /// <summary>A second device, by a real invite.</summary>
    public MillionFolder Join(string folder)
    {
        var key = KeyFile.Create(SystemRandomSource.Instance);
        using var slot = SlotKey.FromKeyFile(key);
        var text = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var inviting = PairingOperations.InviteAsync(Vault, new NodeOptions(), PeerAddress.Parse("127.0.0.1:0"), TimeSpan.FromMinutes(60), (t, _) => text.SetResult(t));
        PairingOperations.JoinAsync(text.Task.GetAwaiter().GetResult(), new FolderStores(folder, null, create: true), "second", [slot], new NodeOptions(), TimeProvider.System, SystemRandomSource.Instance, file => file.UnlockWithKeyFile(key)).GetAwaiter().GetResult();
        inviting.GetAwaiter().GetResult();
        return new(folder, key);
    }

    /// <summary>One round with a device that serves meanwhile.</summary>
    public RoundSummary SyncWith(MillionFolder other)
    {
        using var stop = new CancellationTokenSource();
        using SyncNode serving = new(other.Vault, new NodeOptions { Folder = other._folder }), own = new(Vault, new NodeOptions { Folder = _folder });
        var ready = new TaskCompletionSource<PeerAddress>(TaskCreationOptions.RunContinuationsAsynchronously);
        var served = serving.ServeAsync(PeerAddress.Parse("127.0.0.1:0"), ready.SetResult, null, stop.Token);
        try
        {
            return own.SyncAsync([ready.Task.GetAwaiter().GetResult().ToString()], new SyncRequest()).GetAwaiter().GetResult();
        }
        finally
        {
            stop.Cancel();
            served.GetAwaiter().GetResult();
        }
    }

    /// <summary>Opens the folder again, without its index where that is asked for.</summary>
    public void Reopen(bool withoutIndex)
    {
        Vault.Dispose();
        if (withoutIndex)
        {
            foreach (string file in Directory.GetFiles(_folder, VaultPaths.Index + "*")) File.Delete(file);
        }

        Vault = Open();
    }

    public void Dispose()
    {
        Vault.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Vault Open() => VaultCreation.Open(new FolderStores(_folder, null), file => file.UnlockWithKeyFile(_key), TimeProvider.System, SystemRandomSource.Instance);
}
