using System.Text.Json;
using System.Text.Json.Serialization;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Profiles;

/// <summary>
/// vaults.json: a user's names for vault folders, without secrets. Several processes may change it at once; each change is made under
/// a lock on the file as it is then, and replaces it as a whole.
/// </summary>
public sealed partial class KnownVaults(string? folder)
{
    private const string FileName = "vaults.json";
    private const string LockName = "vaults.lock";
    private const int MaxBytes = 1 << 20;
    private const int MaxVaults = 1024;
    private const int Format = 1;

    /// <summary>The list of the user of this process.</summary>
    public static KnownVaults OfUser => new(UserFolders.Configuration);

    /// <summary>All vaults by name, in ordinal order without regard to case.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.VaultListDamaged"/>.</exception>
    public IReadOnlyList<KnownVault> List()
    {
        if (folder is null || !Directory.Exists(folder)) return [];
        return Read(Open(create: false));
    }

    /// <summary>The vault of that name, case aside; null when there is none.</summary>
    public KnownVault? Find(string name) => List().FirstOrDefault(v => Same(v.Name, name));

    /// <summary>The vault in that folder; null when it has no name.</summary>
    public KnownVault? FindByPath(string path) => List().FirstOrDefault(v => VaultFolder.Same(v.Path, path));

    public KnownVault? Default => List().FirstOrDefault(v => v.IsDefault);

    /// <summary>Adds a folder under a name; the first vault becomes the default. Adding the same name and folder again changes its key file alone.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.VaultNameTaken"/>, <see cref="SyncErrors.VaultNameInvalid"/>.</exception>
    public KnownVault Add(string name, string path, string? keyFile = null)
    {
        KnownVault.CheckName(name);
        KnownVault added = null!;
        Change(vaults =>
        {
            var old = vaults.Find(v => Same(v.Name, name));
            if (old is not null && !VaultFolder.Same(old.Path, path)) throw SyncErrors.VaultNameTaken.With($"'{old.Name}' is the vault in {old.Path}");
            if (vaults.Count >= MaxVaults) throw SyncErrors.VaultNameTaken.With($"The list holds {MaxVaults} vaults, which is the most");
            vaults.RemoveAll(v => ReferenceEquals(v, old));
            added = new(old?.Name ?? name, Path.GetFullPath(path), keyFile is null ? old?.KeyFile : Path.GetFullPath(keyFile), old?.IsDefault ?? vaults.Count == 0);
            vaults.Add(added);
        });
        return added;
    }

    /// <summary>Forgets a name; the folder stays as it is. False when there was none.</summary>
    public bool Remove(string name)
    {
        bool removed = false;
        Change(vaults => removed = vaults.RemoveAll(v => Same(v.Name, name)) > 0);
        return removed;
    }

    /// <summary>Changes one entry: a new name, a key file ("" = none any more), or the default.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.VaultUnknown"/>, <see cref="SyncErrors.VaultNameTaken"/>, <see cref="SyncErrors.VaultNameInvalid"/>.</exception>
    public KnownVault Update(string name, string? newName = null, string? keyFile = null, bool makeDefault = false)
    {
        if (newName is not null) KnownVault.CheckName(newName);
        KnownVault updated = null!;
        Change(vaults =>
        {
            int at = vaults.FindIndex(v => Same(v.Name, name));
            if (at < 0) throw SyncErrors.VaultUnknown.With($"There is no vault '{name}'");
            if (newName is not null && vaults.Exists(v => !Same(v.Name, name) && Same(v.Name, newName))) throw SyncErrors.VaultNameTaken.With($"'{newName}' is another vault's name");
            var old = vaults[at];
            updated = old with
            {
                Name = newName ?? old.Name,
                KeyFile = keyFile is null ? old.KeyFile : keyFile.Length == 0 ? null : Path.GetFullPath(keyFile),
                IsDefault = makeDefault || old.IsDefault,
            };
            vaults[at] = updated;
            if (!makeDefault) return;
            for (int i = 0; i < vaults.Count; i++) vaults[i] = vaults[i] with { IsDefault = i == at };
        });
        return updated;
    }

    private void Change(Action<List<KnownVault>> change)
    {
        var disk = Open(create: true);
        try
        {
            using var held = disk.Lock(LockName, TimeSpan.FromSeconds(10));
            var vaults = Read(disk);
            change(vaults);
            disk.ReplaceAtomically(FileName, JsonSerializer.SerializeToUtf8Bytes(new Document(Format, [.. vaults.OrderBy(v => v.Name, StringComparer.OrdinalIgnoreCase)]), Json.Default.Document));
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
    }

    private IDisk Open(bool create)
    {
        try
        {
            return LocalDisk.Open(folder ?? throw SyncErrors.VaultListDamaged.With("This user has no home folder for vaults.json; SYNCMODULE_HOME names one"), create);
        }
        catch (DiskException e)
        {
            throw e.ToSyncException();
        }
    }

    private List<KnownVault> Read(IDisk disk)
    {
        try
        {
            if (!disk.Exists(FileName)) return [];
            using var document = JsonDocument.Parse(disk.ReadAllBytes(FileName, MaxBytes));
            if (Vaults(document.RootElement) is { } vaults) return vaults;
        }
        catch (Exception e) when (e is JsonException or DiskException or InvalidOperationException or FormatException)
        {
            throw SyncErrors.VaultListDamaged.With($"{Path.Combine(folder!, FileName)} cannot be read", e);
        }

        throw SyncErrors.VaultListDamaged.With($"{Path.Combine(folder!, FileName)} has an unknown shape");
    }

    // Part by part: every command reads the list first, and a serializer would be compiled for its types by each new process. Null: another
    // shape. A part of another type than it should have throws InvalidOperationException.
    private static List<KnownVault>? Vaults(JsonElement root)
    {
        if (!root.TryGetProperty("format", out var format) || format.GetInt32() != Format || !root.TryGetProperty("vaults", out var entries) || entries.GetArrayLength() > MaxVaults) return null;
        var vaults = new List<KnownVault>();
        foreach (var entry in entries.EnumerateArray())
        {
            string? name = Text(entry, "name"), path = Text(entry, "path");
            if (name is null || path is null) return null;
            var vault = new KnownVault(name, path, Text(entry, "keyFile"), entry.TryGetProperty("isDefault", out var isDefault) && isDefault.GetBoolean());
            if (!IsSound(vault)) return null;
            vaults.Add(vault);
        }

        return vaults;
    }

    private static string? Text(JsonElement entry, string name) => entry.TryGetProperty(name, out var text) ? text.GetString() : null;

    // The file may have been edited by hand.
    private static bool IsSound(KnownVault vault)
    {
        if (vault.Path.Length == 0 || !Path.IsPathRooted(vault.Path)) return false;
        try
        {
            KnownVault.CheckName(vault.Name);
            return true;
        }
        catch (SyncException)
        {
            return false;
        }
    }

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private sealed record Document(int Format, List<KnownVault> Vaults);

    // For writing: by code made when this is built, not by one that a new process makes of the types.
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
    [JsonSerializable(typeof(Document))]
    private sealed partial class Json : JsonSerializerContext;
}
