using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Provider;
using SyncModule.Commands.Errors;
using SyncModule.Commands.Items;
using SyncModule.Commands.Transactions;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Profiles;

namespace SyncModule.Commands.Drive;

/// <summary>
/// The drive SyncVault: — vaults on the first level, below them the names of items split at /. It opens a vault by a key file or a
/// variable, never by a question: PowerShell walks through drives for a mere completion.
/// </summary>
/// <remarks>No capability ExpandWildcards: without it PowerShell finds patterns by the names of children, which is what is wanted.</remarks>
[CmdletProvider(DrivePath.DriveName, ProviderCapabilities.ShouldProcess)]
[OutputType(typeof(SyncVault), typeof(SyncDriveEntry), ProviderCmdlet = "Get-ChildItem")]
[OutputType(typeof(SyncVault), typeof(SyncDriveEntry), ProviderCmdlet = "Get-Item")]
public sealed partial class SyncVaultProvider : NavigationCmdletProvider, IContentCmdletProvider
{
    private const int MostAtOnce = 1000;

    // Where ~ leads in the drive.
    protected override ProviderInfo Start(ProviderInfo providerInfo)
    {
        providerInfo.Home = DrivePath.Root;
        return providerInfo;
    }

    protected override Collection<PSDriveInfo> InitializeDefaultDrives() => [new PSDriveInfo(DrivePath.DriveName, ProviderInfo, DrivePath.Root, "The vaults of this user.", credential: null)];

    protected override bool IsValidPath(string path) => !string.IsNullOrEmpty(path);

    protected override bool ItemExists(string path) => Guard(path, at => at.IsRoot || (Known(at) is { } known && (at.IsVault || WithListing(known, l => l.Item(at.Key) ?? l.Folder(at.Key)) is not null)));

    protected override bool IsItemContainer(string path) => Guard(path, at => at.IsRoot || (Known(at) is { } known && (at.IsVault || WithListing(known, l => l.Folder(at.Key)) is not null)));

    protected override bool HasChildItems(string path) => Guard(path, at => at.IsRoot ? KnownVaults.OfUser.List().Count > 0 : Known(at) is { } known && WithListing(known, l => l.Folder(at.Key) is { } folder && l.Below(folder).Any()));

    protected override void GetItem(string path) => Guard(path, at =>
    {
        if (at.IsRoot)
        {
            foreach (var vault in KnownVaults.OfUser.List()) WriteItemObject(VaultObjects.Of(vault), path, isContainer: true);
        }
        else if (Need(at) is { } known)
        {
            if (at.IsVault) WriteItemObject(VaultObjects.Of(known), path, isContainer: true);
            else With(known, (vault, list) => WriteOne(vault, list, known, at, path));
        }
    });

    protected override void GetChildItems(string path, bool recurse) => GetChildItems(path, recurse, uint.MaxValue);

    protected override void GetChildItems(string path, bool recurse, uint depth) => Guard(path, at =>
    {
        if (at.IsRoot)
        {
            foreach (var vault in KnownVaults.OfUser.List())
            {
                if (Stopping) return;
                WriteItemObject(VaultObjects.Of(vault), new DrivePath(vault.Name, "").ToProvider(), isContainer: true);
                if (recurse && depth > 0) Guard(path, _ => With(vault, (open, list) => WriteBelow(open, list, new(vault.Name, ""), depth - 1, recurse)));
            }
        }
        else if (Need(at) is { } known)
        {
            With(known, (vault, list) =>
            {
                if (list.Folder(at.Key) is { } folder) WriteBelow(vault, list, at with { Key = folder }, depth, recurse);
                else WriteOne(vault, list, known, at, path);
            });
        }
    });

    protected override void GetChildNames(string path, ReturnContainers returnContainers) => Guard(path, at =>
    {
        if (at.IsRoot)
        {
            foreach (var vault in KnownVaults.OfUser.List()) WriteItemObject(vault.Name, new DrivePath(vault.Name, "").ToProvider(), isContainer: true);
        }
        else if (Known(at) is { } known)
        {
            // A name that is an item and a folder is one name.
            With(known, (_, list) =>
            {
                foreach (var (name, isFolder) in list.Children(list.Folder(at.Key) ?? at.Key).DistinctBy(c => c.Name, StringComparer.Ordinal)) WriteItemObject(name, at.Below(name).ToProvider(), isFolder);
            });
        }
    });

    protected override void NewItem(string path, string itemTypeName, object newItemValue) => Guard(path, at =>
    {
        if (at.IsRoot || at.IsVault) throw SyncErrors.UsageWrong.With("A vault is made with New-SyncVault");
        if (itemTypeName?.StartsWith("dir", StringComparison.OrdinalIgnoreCase) == true) throw SyncErrors.UsageWrong.With("A folder is the beginning of names and is there when something is in it");
        var known = Need(at)!;
        if (ItemExists(path) && !Force) throw SyncErrors.FileExists.With($"{at} is there already; -Force writes another version");
        var encoded = Values.ValueCodec.Encode(newItemValue ?? "");
        if (!ShouldProcess($"{at.Key} in vault {known.Name}", "Set item")) return;
        OpenTransactions.Refuse(known, "what the drive writes");
        With(known, (vault, _) =>
        {
            ItemWriter.Put(vault, ItemCmdlet.DefaultCollection, at.Key, encoded, metadata: null);
            WriteOne(vault, DriveListing.Of(vault.Vault), known, at, path);
        });
    });

    protected override void RemoveItem(string path, bool recurse) => Guard(path, at =>
    {
        if (at.IsRoot || at.IsVault) throw SyncErrors.UsageWrong.With("A vault is not deleted by the drive: Unregister-SyncVault forgets its name, and its folder is yours to delete");
        With(Need(at)!, (vault, list) =>
        {
            // Both, when the name is an item and a folder: PowerShell has asked about the children.
            var names = new List<string>();
            if (list.Item(at.Key) is { } item) names.Add(item);
            if (recurse && list.Folder(at.Key) is { } folder) names.AddRange(list.Below(folder));
            if (names.Count == 0) throw SyncErrors.ItemNotFound.With($"There is no item '{at.Key}'");
            string what = names.Count == 1 ? names[0] : $"{at.Key}, {names.Count} items,";
            if (!ShouldProcess($"{what} in vault {vault.Name}", "Remove item")) return;
            OpenTransactions.Refuse(vault.Known, "what the drive deletes");
            foreach (string[] some in names.Chunk(MostAtOnce)) vault.Vault.Delete(ItemCmdlet.DefaultCollection, some);
        });
    });

    private void WriteBelow(OpenVault vault, DriveListing list, DrivePath folder, uint depth, bool recurse)
    {
        foreach (var (name, isFolder) in list.Children(folder.Key))
        {
            if (Stopping) return;
            var at = folder.Below(name);
            if (isFolder)
            {
                WriteItemObject(DriveEntries.Folder(vault, at), at.ToProvider(), isContainer: true);
                if (recurse && depth > 0) WriteBelow(vault, list, at, depth - 1, recurse);
            }
            else if (DriveEntries.Item(vault, at) is { } entry)
            {
                WriteItemObject(entry, at.ToProvider(), isContainer: false);
            }
        }
    }

    private void WriteOne(OpenVault vault, DriveListing list, KnownVault known, DrivePath at, string path)
    {
        if (list.Item(at.Key) is { } item && DriveEntries.Item(vault, new(known.Name, item)) is { } entry) WriteItemObject(entry, path, isContainer: false);
        else if (list.Folder(at.Key) is { } folder) WriteItemObject(DriveEntries.Folder(vault, new(known.Name, folder)), path, isContainer: true);
        else throw SyncErrors.ItemNotFound.With($"There is no item '{at.Key}'");
    }

    private static KnownVault? Known(DrivePath at) => KnownVaults.OfUser.Find(at.Vault);

    private static KnownVault Need(DrivePath at) => Known(at) ?? throw SyncErrors.VaultUnknown.With($"There is no vault '{at.Vault}'{VaultIdentity.Suggestion(KnownVaults.OfUser)}");

    private static void With(KnownVault known, Action<OpenVault, DriveListing> use)
    {
        using var lease = Unlocking.Open(cmdlet: null, known, keyFile: null, passphrase: null);
        use(new OpenVault(known, lease), DriveListing.Of(lease.Vault));
    }

    private static T WithListing<T>(KnownVault known, Func<DriveListing, T> use)
    {
        using var lease = Unlocking.Open(cmdlet: null, known, keyFile: null, passphrase: null);
        return use(DriveListing.Of(lease.Vault));
    }

    // An error about one path; the command goes on with the next.
    private void Guard(string path, Action<DrivePath> use)
    {
        try
        {
            use(DrivePath.Parse(path));
        }
        catch (SyncException e)
        {
            WriteError(ErrorRecords.From(e, path));
        }
        catch (SyncCommandException e)
        {
            WriteError(e.ErrorRecord);
        }
    }

    // A question that has no answer; whoever asked writes the error.
    private static T Guard<T>(string path, Func<DrivePath, T> use)
    {
        try
        {
            return use(DrivePath.Parse(path));
        }
        catch (SyncException e)
        {
            throw ErrorRecords.From(e, path).Exception;
        }
    }
}
