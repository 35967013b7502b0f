using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Profiles;

/// <summary>One use of an open vault. As long as it is held, the vault's timeout does not run and its keys stay in memory.</summary>
public sealed class VaultLease : IDisposable
{
    private readonly OpenVaults _owner;
    private readonly bool _isUse;
    private OpenVaults.Entry? _entry;

    internal VaultLease(OpenVaults owner, OpenVaults.Entry entry, bool isUse)
    {
        _owner = owner;
        _isUse = isUse;
        _entry = entry;
        Vault = entry.Vault!;
        Locked = entry.Locked.Token;
    }

    public Vault Vault { get; }

    /// <summary>Cancelled when somebody locks the vault: end soon, and give the lease back.</summary>
    public CancellationToken Locked { get; }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _entry, null) is { } entry) _owner.Return(entry, _isUse);
    }
}
