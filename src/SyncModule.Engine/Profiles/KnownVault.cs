namespace SyncModule.Engine.Profiles;

/// <summary>One vault as its user calls it.</summary>
/// <param name="Name">1 to 64 letters, digits, '.', '-' or '_'; unique without regard to case.</param>
/// <param name="Path">The vault's folder, absolute.</param>
/// <param name="KeyFile">A key file that opens it without asking, absolute; null = none. Its path is no secret, its content is not kept here.</param>
/// <param name="IsDefault">The vault that commands mean when none is named.</param>
public sealed record KnownVault(string Name, string Path, string? KeyFile, bool IsDefault)
{
    private const int MaxNameLength = 64;

    /// <exception cref="SyncException"><see cref="SyncErrors.VaultNameInvalid"/>.</exception>
    public static string CheckName(string name)
    {
        if (name.Length is 0 or > MaxNameLength || name[0] == '.' || !name.All(c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_'))
            throw SyncErrors.VaultNameInvalid.With($"'{(name.Length > MaxNameLength ? name[..MaxNameLength] + "…" : name)}' is no name for a vault");
        return name;
    }
}
