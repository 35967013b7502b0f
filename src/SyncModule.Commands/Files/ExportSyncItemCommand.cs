using System.Management.Automation;
using SyncModule.Commands.Names;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Files;

namespace SyncModule.Commands.Files;

/// <summary>
/// Export-SyncItem: items as files. The folder that a pattern begins with is not repeated below the destination, as with Copy-Item:
/// docs/* goes to DESTINATION/*. A name in full keeps its folders, because a list of such names may come from several.
/// </summary>
[Cmdlet(VerbsData.Export, "SyncItem", SupportsShouldProcess = true)]
[OutputType(typeof(SyncFiles))]
public sealed class ExportSyncItemCommand : FileCmdlet
{
    private readonly List<ExportSelection> _patterns = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The folder to write into; made when it is not there. Nothing outside of it is ever written.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = "";

    /// <summary>Only items below this name, and without it below the destination.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Prefix { get; set; }

    /// <summary>Replaces files too that were changed since they were imported or exported last.</summary>
    [Parameter]
    public SwitchParameter Overwrite { get; set; }

    /// <summary>Removes files whose item was deleted, where they were not changed here.</summary>
    [Parameter]
    public SwitchParameter Mirror { get; set; }

    private protected override void Take(OpenVault open)
    {
        foreach (string name in Name) Try(name, () => Add(open, name));
    }

    private void Add(OpenVault open, string name)
    {
        bool isPattern = NamePattern.HasWildcards(name) && open.Vault.Find(Collection, name) is null;
        if (isPattern)
        {
            var pattern = NamePattern.Of(name);
            if (!Confirm(open, name)) return;
            string prefix = Prefix ?? FolderOf(name);
            _patterns.Add(new(prefix, pattern.IsMatch));
            return;
        }

        foreach (var item in Named(open, [name], deleted: Mirror))
        {
            if (Prefix is { } prefix && !item.Key.StartsWith(prefix.Trim('/') + "/", StringComparison.Ordinal)) throw SyncErrors.UsageWrong.With($"'{item.Key}' is not below '{prefix}'");
            if (Confirm(open, item.Key)) _names.Add(item.Key);
        }
    }

    private bool Confirm(OpenVault open, string name) => ShouldProcess($"{name} in vault {open.Name}", $"Export to {Destination}");

    private protected override FileWork? Work(OpenVault open, string collection)
    {
        if (_patterns.Count + _names.Count == 0) return null;
        List<ExportSelection> selections = [.. _patterns];
        if (_names.Count > 0)
        {
            var names = new HashSet<string>(_names, StringComparer.Ordinal);
            selections.Add(new(Prefix, names.Contains));
        }

        _patterns.Clear();
        _names.Clear();
        string folder = ToPath(Destination);
        var options = new ExportOptions(collection, Prefix: null, Overwrite, Mirror);
        return new($"Export from vault {open.Name}", (progress, stop) => FolderExport.Run(open.Vault, folder, selections, options, progress, stop));
    }

    // What stands before the last / in front of the first wildcard; "" for none.
    private static string FolderOf(string pattern)
    {
        int wildcard = pattern.AsSpan().IndexOfAny("*?[`");
        int slash = wildcard <= 0 ? -1 : pattern.LastIndexOf('/', wildcard - 1);
        return slash <= 0 ? "" : pattern[..slash];
    }
}
