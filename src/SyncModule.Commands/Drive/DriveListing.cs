using System.Runtime.CompilerServices;
using SyncModule.Commands.Items;
using SyncModule.Core.Merging;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Drive;

/// <summary>
/// The names of a vault's items, sorted, so that a folder is a range. PowerShell asks the drive several questions about each name; the
/// list is made again only when the vault has changed.
/// </summary>
internal sealed class DriveListing
{
    private static readonly ConditionalWeakTable<Vault, DriveListing> Kept = [];

    private readonly string[] _names;
    private readonly ulong _version;

    private DriveListing(Vault vault, ulong version)
    {
        _version = version;
        _names = [.. vault.Items().Where(i => string.Equals(i.Collection, ItemCmdlet.DefaultCollection, StringComparison.Ordinal) && View.Of(i).Status != ItemStatus.Deleted).Select(i => i.Key)];
        Array.Sort(_names, StringComparer.Ordinal);
    }

    public static DriveListing Of(Vault vault)
    {
        // Asked for before the list is made: a change in between makes it again next time.
        ulong version = vault.StateVersion();
        if (Kept.TryGetValue(vault, out var kept) && kept._version == version) return kept;
        var made = new DriveListing(vault, version);
        Kept.AddOrUpdate(vault, made);
        return made;
    }

    /// <summary>The item of exactly that case, else the only one that differs in case alone; null when there is none, or several.</summary>
    public string? Item(string key)
    {
        if (Array.BinarySearch(_names, key, StringComparer.Ordinal) >= 0) return key;
        var similar = _names.Where(n => string.Equals(n, key, StringComparison.OrdinalIgnoreCase)).Take(2).ToList();
        return similar.Count == 1 ? similar[0] : null;
    }

    /// <summary>The folder of that name in the same way; "" is the vault itself, which is always there.</summary>
    public string? Folder(string key)
    {
        if (key.Length == 0 || Start(key + "/") < End(key + "/")) return key;
        var similar = _names.Where(n => n.Length > key.Length && n[key.Length] == '/' && n.StartsWith(key, StringComparison.OrdinalIgnoreCase)).Select(n => n[..key.Length]).Distinct(StringComparer.Ordinal).Take(2).ToList();
        return similar.Count == 1 ? similar[0] : null;
    }

    /// <summary>All items below a folder, at any depth.</summary>
    public IEnumerable<string> Below(string folder)
    {
        string prefix = folder.Length == 0 ? "" : folder + "/";
        return _names[Start(prefix)..End(prefix)];
    }

    /// <summary>What stands directly in a folder: folders first, then items, each in ordinal order. A name may be both.</summary>
    public IEnumerable<(string Name, bool IsFolder)> Children(string folder)
    {
        int from = folder.Length == 0 ? 0 : folder.Length + 1;
        var folders = new SortedSet<string>(StringComparer.Ordinal);
        var items = new List<string>();
        foreach (string name in Below(folder))
        {
            int slash = name.IndexOf('/', from);
            if (slash < 0) items.Add(name[from..]);
            else if (slash > from) folders.Add(name[from..slash]);
        }

        return folders.Select(f => (f, true)).Concat(items.Where(i => i.Length > 0).Select(i => (i, false)));
    }

    private int Start(string prefix)
    {
        int at = Array.BinarySearch(_names, prefix, StringComparer.Ordinal);
        return at < 0 ? ~at : at;
    }

    // Behind the last name that begins so: / is followed by 0 in the order of code units.
    private int End(string prefix) => prefix.Length == 0 ? _names.Length : Start(prefix[..^1] + (char)('/' + 1));
}
