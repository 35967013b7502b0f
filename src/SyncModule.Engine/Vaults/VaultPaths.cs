namespace SyncModule.Engine.Vaults;

/// <summary>Names inside a vault folder (format-1 §12).</summary>
public static class VaultPaths
{
    public const string VaultFile = "vault.json";

    /// <summary>An empty file whose inode tells a copied or restored folder from the original (format-1 §2).</summary>
    public const string Instance = "instance";

    public const string LogFolder = "log";
    public const string PackFolder = "packs";
    public const string JournalFolder = "journal";
    public const string Index = "index.db";
    public const string Local = "local.db";

    /// <summary>Held while the index is made again.</summary>
    public const string RebuildLock = "index.lock";

    /// <summary>Held shared by every open vault, and alone by who takes objects away.</summary>
    public const string UseLock = "use.lock";

    /// <summary>Held while the content of a computed collection is made.</summary>
    public const string DerivedLock = "derived.lock";

    /// <summary>Held shared while fields that stay here are changed together with a commit.</summary>
    public const string FieldLock = "fields.lock";

    /// <summary>Held exclusively while vault.json is replaced.</summary>
    public const string VaultLock = "vault.lock";
}
