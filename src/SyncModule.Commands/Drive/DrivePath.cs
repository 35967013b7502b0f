namespace SyncModule.Commands.Drive;

/// <summary>
/// A path of the drive: the first part is a vault, the rest the beginning of item names, split at /. Both slashes separate, because
/// PowerShell writes its own; a name with empty parts or a backslash cannot be reached by the drive.
/// </summary>
/// <param name="Vault">"" = the root.</param>
/// <param name="Key">"" = the vault itself.</param>
internal readonly record struct DrivePath(string Vault, string Key)
{
    public const string DriveName = "SyncVault";

    /// <summary>
    /// The root has the drive's name in it, as C:\ has: PowerShell hands some paths on without their drive, and one that began with a
    /// slash would then be taken for a path of the disk, where Set-Content would write a secret into a plain file. (It must not be empty either: -Recurse fails at it.)
    /// </summary>
    public static string Root => $"{DriveName}:{Path.DirectorySeparatorChar}";

    public bool IsRoot => Vault.Length == 0;

    public bool IsVault => !IsRoot && Key.Length == 0;

    public static DrivePath Parse(string path)
    {
        string[] parts = path.Split(['/', '\\'], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length > 0 && parts[0].Equals(DriveName + ":", StringComparison.OrdinalIgnoreCase)) parts = parts[1..];
        return parts.Length == 0 ? new("", "") : new(parts[0], string.Join('/', parts[1..]));
    }

    /// <summary>The path of a name below this one.</summary>
    public DrivePath Below(string name) => Key.Length == 0 ? this with { Key = name } : this with { Key = $"{Key}/{name}" };

    /// <summary>As the provider is given it again.</summary>
    public string ToProvider()
    {
        char separator = Path.DirectorySeparatorChar;
        return Root + (Key.Length == 0 ? Vault : $"{Vault}{separator}{Key.Replace('/', separator)}");
    }

    /// <summary>As a person types it.</summary>
    public override string ToString() => $"{DriveName}:/{(Key.Length == 0 ? Vault : $"{Vault}/{Key}")}";
}
