using System.Management.Automation;
using SyncModule.Commands.Names;
using SyncModule.Commands.Transactions;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Items;

/// <summary>Copy-SyncItem: items into another vault, or under another name. What is there is never overwritten.</summary>
[Cmdlet(VerbsCommon.Copy, "SyncItem", SupportsShouldProcess = true)]
[OutputType(typeof(SyncItem))]
public sealed class CopySyncItemCommand : ItemCmdlet
{
    private const int MostAtOnce = 1000;
    private const int MostNamed = 10;

    private readonly List<CopyRequest> _waiting = [];
    private readonly List<string> _conflicts = [], _equal = [];
    private OpenVault? _from, _to;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The vault that gets the copies; the same one when not given.</summary>
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(Completion.VaultNameCompleter))]
    public VaultIdentity? ToVault { get; set; }

    /// <summary>Another name, for one item.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NewName { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.CollectionNameCompleter))]
    public string? ToCollection { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override TransactionUse InTransaction => TransactionUse.TakesPart;

    protected override void Begin()
    {
        if (NewName is not null) ItemName.Check(NewName);
        if (ToCollection is not null) ItemName.Check(ToCollection);
    }

    protected override void Process()
    {
        var from = Open();
        var to = ToVault is null ? from : Open(ToVault);
        if (_from is not null && (!ReferenceEquals(from, _from) || !ReferenceEquals(to, _to))) Flush();
        (_from, _to) = (from, to);
        var items = Named(from, Name);
        if (NewName is not null && (Name.Length > 1 || NamePattern.HasWildcards(Name[0])))
        {
            var several = items.Take(2).ToList();
            if (several.Count > 1) throw SyncErrors.UsageWrong.With("-NewName names one item, and several are meant");
            items = several;
        }

        foreach (var item in items)
        {
            var request = new CopyRequest(item, ToCollection ?? Collection, NewName ?? item.Key);
            if (ReferenceEquals(from.Vault, to.Vault) && request.Key == item.Key && request.Collection == item.Collection)
            {
                Report(SyncErrors.UsageWrong.With($"The copy would be '{item.Key}' itself; say where it goes with -ToVault, -NewName or -ToCollection"), item.Key);
                continue;
            }

            if (!ShouldProcess($"{item.Key} in vault {from.Name}", $"Copy to {request.Key} in vault {to.Name}")) continue;
            if (to.Transaction is { } transaction) Try(item.Key, () => Pass(new(request, Copier().Copy(request, transaction), null)));
            else _waiting.Add(request);
            if (_waiting.Count >= MostAtOnce) Flush();
        }
    }

    protected override void End()
    {
        Flush();
        Tell(_conflicts, "was there with other content, so both versions are kept and compete (Get-SyncMerge)", "were there with other content, so both versions of each are kept and compete (Get-SyncMerge)");
        Tell(_equal, "was skipped: it is there with the same content", "were skipped: they are there with the same content");
    }

    private ItemCopier Copier() => new(_from!.View, _to!.Vault, sameVault: ReferenceEquals(_from.Vault, _to.Vault));

    // Many items of one pipeline share commits.
    private void Flush()
    {
        if (_waiting.Count == 0) return;
        var results = Copier().Copy(_waiting);
        _waiting.Clear();
        foreach (var result in results) Pass(result);
    }

    private void Pass(CopyResult result)
    {
        var (request, outcome, error) = result;
        if (error is not null)
        {
            Report(error, request.Item.Key);
            return;
        }

        if (outcome == CopyOutcome.Conflict) _conflicts.Add(request.Key);
        if (outcome == CopyOutcome.Equal) _equal.Add(request.Key);
        if (PassThru && _to!.View.Find(request.Collection, request.Key) is { } copy) WriteObject(ItemObjects.Of(_to, copy));
    }

    private void Tell(List<string> names, string one, string several)
    {
        if (names.Count == 0) return;
        string listed = string.Join(", ", names.Take(MostNamed)) + (names.Count > MostNamed ? ", …" : "");
        WriteWarning(names.Count == 1 ? $"{listed} {one}." : $"{names.Count} items {several}: {listed}.");
    }
}
