using SyncModule.Core.Encoding;

namespace SyncModule.Engine.Cryptography;

/// <summary>Keys from IK, which never leaves the folder and never changes (format-1 §1, §12).</summary>
public sealed class IndexKeys : IDisposable
{
    public IndexKeys(SecretKey indexKey, VaultId vaultId)
    {
        Tag = KeySchedule.Derive(indexKey, Labels.IndexTag, vaultId);
        Dedup = KeySchedule.Derive(indexKey, Labels.IndexDedup, vaultId);
        Index = new SivKeys(KeySchedule.Derive(indexKey, Labels.IndexSiv, vaultId), KeySchedule.Derive(indexKey, Labels.IndexKey, vaultId));
        Local = new SivKeys(KeySchedule.Derive(indexKey, Labels.LocalSiv, vaultId), KeySchedule.Derive(indexKey, Labels.LocalKey, vaultId));
    }

    /// <summary>MAC key that turns names into row keys.</summary>
    public SecretKey Tag { get; }

    /// <summary>MAC key of the dedup map (§5).</summary>
    public SecretKey Dedup { get; }

    /// <summary>Sealing of index.db's rows.</summary>
    public SivKeys Index { get; }

    /// <summary>Sealing of local.db's rows.</summary>
    public SivKeys Local { get; }

    public void Dispose()
    {
        Tag.Dispose();
        Dedup.Dispose();
        Index.Dispose();
        Local.Dispose();
    }
}
