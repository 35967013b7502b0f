using System.Management.Automation;
using SyncModule.Commands.Items;
using SyncModule.Commands.Names;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;

namespace SyncModule.Commands.Merging;

/// <summary>Resolve-SyncMerge: a person's decision between versions that compete, or with -Explain, what there is to decide. The decision travels like any other change.</summary>
[Cmdlet(VerbsDiagnostic.Resolve, "SyncMerge", DefaultParameterSetName = SelectSet, SupportsShouldProcess = true)]
[OutputType(typeof(SyncMerge), ParameterSetName = [SelectSet, UsingSet])]
[OutputType(typeof(SyncExplainedVersion), ParameterSetName = [ExplainSet])]
public sealed class ResolveSyncMergeCommand : ItemCmdlet
{
    private const string SelectSet = "Select", ExplainSet = "Explain", UsingSet = "Using";
    private const string Latest = "Latest";

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Key")]
    [SupportsWildcards]
    [ValidateNotNull]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The version that shall stand: the beginning of its id, or Latest.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SelectSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.VersionCompleter))]
    public string Select { get; set; } = "";

    /// <summary>
    /// Is asked for each record whose versions compete, as $_ and as its argument; its answer is what -Select takes, and nothing leaves the record open.
    /// </summary>
    [Parameter(Mandatory = true, ParameterSetName = UsingSet)]
    [ValidateNotNull]
    public ScriptBlock? Using { get; set; }

    /// <summary>Shows the versions and changes nothing.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ExplainSet)]
    public SwitchParameter Explain { get; set; }

    [Parameter(ParameterSetName = SelectSet)]
    [Parameter(ParameterSetName = UsingSet)]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        var open = Open();
        // As Get-SyncMerge gives it: what is said of a collection has no name.
        if (Name.Contains("")) Try(Collection, () => DecideSettings(open));
        foreach (var item in Competing(open))
        {
            Try(item.Key, () =>
            {
                if (Explain) WriteObject(VersionObjects.Explained(open, item, VersionObjects.All(open, item).Where(v => v.State != SyncVersionState.Replaced)), enumerateCollection: true);
                else if (Using is null) Keep(open, item, Select);
                else if (Answer(open, item) is { } answer) Keep(open, item, answer);
            });
        }
    }

    // A pattern means those that there is something to decide about; a name that is written out and has nothing to decide is an error.
    private IEnumerable<KeyState> Competing(OpenVault open)
    {
        foreach (string name in Name.Where(n => n.Length > 0))
        {
            bool several = NamePattern.HasWildcards(name);
            foreach (var item in Named(open, [name], deleted: true))
            {
                if (!several || item.MostHeads > 1 || item.Key == name) yield return item;
            }
        }
    }

    private void DecideSettings(OpenVault open)
    {
        var versions = VersionObjects.OfSettings(open, Collection);
        if (versions.Count == 0) throw SyncErrors.NothingToResolve.With($"No two settings of the collection {Collection} compete");
        string? select = Select;
        if (Explain) WriteObject(VersionObjects.Explained(open, open.Vault.FindCollection(Collection)!, versions), enumerateCollection: true);
        else if (Using is not null) select = Answer(open, open.Vault.FindCollection(Collection)!);
        if (Explain || select is null) return;
        var chosen = string.Equals(select, Latest, StringComparison.OrdinalIgnoreCase) ? versions.MaxBy(v => v.At)! : versions.FirstOrDefault(v => select.Length >= 4 && v.Version.StartsWith(select, StringComparison.OrdinalIgnoreCase));
        if (chosen is null) throw SyncErrors.VersionNotFound.With($"No setting of the collection {Collection} that competes has the version '{select}'");
        if (!ShouldProcess($"settings of collection {Collection} in vault {open.Name}", $"Keep version {chosen.Version} of {chosen.Device}")) return;
        var dot = open.Vault.ResolveSettings(Collection, chosen.Version).Dots[0];
        if (!PassThru) return;
        foreach (var record in open.Vault.MergeRecords().Where(r => r.Decision?.Dot == dot)) WriteObject(MergeObjects.Of(open.Vault, open.Name, record));
    }

    // A script block decides what a person would: it runs here, where somebody has started it, and never by itself on a received change.
    private string? Answer(OpenVault open, KeyState item)
    {
        var record = open.Vault.MergeRecords(item.Collection, item.Key).LastOrDefault(r => r.State == MergeState.Open);
        if (record is null) return item.MostHeads < 2 ? throw SyncErrors.NothingToResolve.With($"'{item.Key}' has one version") : null;
        var merge = MergeObjects.Of(open.Vault, open.Name, record);
        var answers = Using!.InvokeWithContext(null, [new PSVariable("_", merge)], merge).Where(a => a is not null).ToList();
        if (answers.Count > 1) throw SyncErrors.UsageWrong.With($"The script block gave {answers.Count} answers for '{item.Key}': one version, Latest or nothing is expected");
        return answers.Count == 0 ? null : answers[0].BaseObject is SyncMergeVersion version ? version.Version : LanguagePrimitives.ConvertTo<string>(answers[0]) is { Length: > 0 } text ? text : null;
    }

    private void Keep(OpenVault open, KeyState item, string select)
    {
        if (item.MostHeads < 2) throw SyncErrors.NothingToResolve.With($"'{item.Key}' has one version");
        var competing = VersionObjects.All(open, item).Where(v => v.State != SyncVersionState.Replaced).ToList();
        var chosen = string.Equals(select, Latest, StringComparison.OrdinalIgnoreCase)
            ? competing.MaxBy(v => v.At)
            : competing.FirstOrDefault(v => select.Length >= 4 && v.Version.StartsWith(select, StringComparison.OrdinalIgnoreCase));
        if (chosen is null) throw SyncErrors.VersionNotFound.With($"'{item.Key}' has no competing version '{select}'");
        if (!ShouldProcess($"{item.Key} in vault {open.Name}", $"Keep version {chosen.Version} of {chosen.Device}")) return;
        open.Vault.Resolve(item.Collection, item.Key, chosen.Version);
        if (!PassThru) return;
        var record = open.Vault.MergeRecords(item.Collection, item.Key).LastOrDefault(r => r.Rule == MergeRule.Resolved);
        if (record is not null) WriteObject(MergeObjects.Of(open.Vault, open.Name, record));
    }
}
