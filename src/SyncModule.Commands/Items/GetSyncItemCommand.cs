using System.Management.Automation;
using SyncModule.Commands.Names;
using SyncModule.Commands.Transactions;
using SyncModule.Core.Merging;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Items;

/// <summary>Get-SyncItem: items without their values.</summary>
[Cmdlet(VerbsCommon.Get, "SyncItem")]
[OutputType(typeof(SyncItem))]
public sealed class GetSyncItemCommand : ItemCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Deleted items too; their versions are kept.</summary>
    [Parameter]
    public SwitchParameter IncludeDeleted { get; set; }

    /// <summary>As the vault was then.</summary>
    [Parameter]
    public DateTime? At { get; set; }

    /// <summary>Only what has changed since, deletions too: a token of Get-SyncStatus, from any device of the vault.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Since { get; set; }

    private protected override TransactionUse InTransaction => TransactionUse.TakesPart;

    protected override void Begin()
    {
        if (At is not null && Since is not null) throw SyncErrors.UsageWrong.With("-At and -Since ask for different lists");
    }

    protected override void Process()
    {
        var open = AsOf(Open(), At);
        if (Since is not null)
        {
            foreach (var item in Changed(open.Vault, Since)) WriteObject(ItemObjects.Of(open, item));
            return;
        }

        foreach (var item in Shown(open, Name, IncludeDeleted)) WriteObject(item);
    }

    // A name that has not changed is no error: what is asked for is what has.
    private IEnumerable<KeyState> Changed(Vault vault, string token)
    {
        var fits = Name.Select(n => (Literal: NamePattern.Unescaped(n), Pattern: NamePattern.HasWildcards(n) ? NamePattern.Of(n) : null)).ToList();
        return vault.ChangedSince(VectorToken.Parse(vault.Id, token), (collection, key) =>
            collection == Collection && fits.Exists(f => f.Pattern?.IsMatch(key) ?? string.Equals(f.Literal, key, StringComparison.OrdinalIgnoreCase)));
    }
}
