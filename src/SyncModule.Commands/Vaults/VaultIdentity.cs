using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Vaults;

/// <summary>What -Vault takes: a name of vaults.json, a folder, or a <see cref="SyncVault"/>.</summary>
public sealed class VaultIdentity
{
    private readonly string _text;

    public VaultIdentity(string nameOrFolder) => _text = nameOrFolder;

    public VaultIdentity(SyncVault vault)
    {
        ArgumentNullException.ThrowIfNull(vault);
        _text = vault.Name;
    }

    public override string ToString() => _text;

    /// <summary>The vault that is meant. A name goes before a folder of the same spelling; a folder must look like one or be there.</summary>
    /// <param name="list">The user's vaults.</param>
    /// <param name="toFolder">A path of this session as a full path; PowerShell's location is not the process's.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.VaultUnknown"/>.</exception>
    internal KnownVault Resolve(KnownVaults list, Func<string, string> toFolder)
    {
        if (string.IsNullOrWhiteSpace(_text)) throw SyncErrors.VaultUnknown.With("The name of the vault is empty");
        if (list.Find(_text) is { } known) return known;
        bool isPath = _text.IndexOfAny(['/', '\\']) >= 0 || _text is "." or ".." || _text.StartsWith('~');
        string folder = toFolder(_text);
        if (!isPath && !Directory.Exists(folder)) throw SyncErrors.VaultUnknown.With($"There is no vault '{_text}'{Suggestion(list)}");
        return list.FindByPath(folder) ?? new(folder, folder, KeyFile: null, IsDefault: false);
    }

    internal static string Suggestion(KnownVaults list)
    {
        var names = list.List().Select(v => v.Name).ToList();
        return names.Count == 0 ? "; no vault has a name yet" : "; known are " + string.Join(", ", names.Take(10)) + (names.Count > 10 ? ", …" : "");
    }
}
