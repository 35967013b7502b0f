namespace SyncModule.Core.Model;

/// <summary>What a device may hold and do (format-1 §10). What a certificate says; the fold decides what holds.</summary>
public enum DeviceRole : byte
{
    /// <summary>Reads and writes.</summary>
    Full = 0,

    /// <summary>Keeps and forwards ciphertext; gets network secrets only.</summary>
    Keyless = 1,

    /// <summary>Reads, writes and administers: the founder.</summary>
    Administrator = 2,
}
