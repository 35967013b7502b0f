using System.Collections;
using System.Management.Automation;
using SyncModule.Commands.Transactions;
using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Core.Merging;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Items;

/// <summary>
/// Set-SyncItem: stores a value under a name, or changes parts of one. Without a value a person is asked, hidden, because command lines are kept in
/// history files.
/// </summary>
[Cmdlet(VerbsCommon.Set, "SyncItem", SupportsShouldProcess = true, DefaultParameterSetName = ValueSet)]
[OutputType(typeof(SyncItem))]
public sealed class SetSyncItemCommand : ItemCmdlet
{
    private const string ValueSet = "Value", PartsSet = "Parts";

    private readonly WriteBehind _behind = new();

    // Read once a pipeline: each look would wait for the index.
    private readonly Dictionary<(OpenVault Open, string Collection), CollectionPolicy> _policies = [];

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string Name { get; set; } = "";

    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true, ParameterSetName = ValueSet)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? Value { get; set; }

    /// <summary>Text and numbers kept beside the value and shown by Get-SyncItem; without it those of the old value stay.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ValueSet)]
    [ValidateNotNull]
    public IDictionary? Metadata { get; set; }

    /// <summary>How deep an object is stored that JSON cannot carry.</summary>
    [Parameter]
    [ValidateRange(1, 32)]
    public int Depth { get; set; } = ValueCodec.DefaultDepth;

    /// <summary>An object is stored field by field, so that two devices may change different fields; done by itself where the policy is field-merge.</summary>
    [Parameter(ParameterSetName = ValueSet)]
    public SwitchParameter Fields { get; set; }

    /// <summary>Fields that change; the others stay.</summary>
    [Parameter(ParameterSetName = PartsSet)]
    [ValidateNotNull]
    public IDictionary? Patch { get; set; }

    /// <summary>Fields that go.</summary>
    [Parameter(ParameterSetName = PartsSet)]
    [ValidateNotNullOrEmpty]
    public string[] Unset { get; set; } = [];

    /// <summary>Counters, each with the number by which it grows.</summary>
    [Parameter(ParameterSetName = PartsSet)]
    [ValidateNotNull]
    public IDictionary? Increment { get; set; }

    /// <summary>Sets, each with the elements that come.</summary>
    [Parameter(ParameterSetName = PartsSet)]
    [ValidateNotNull]
    public IDictionary? AddElement { get; set; }

    /// <summary>Sets, each with the elements that go.</summary>
    [Parameter(ParameterSetName = PartsSet)]
    [ValidateNotNull]
    public IDictionary? RemoveElement { get; set; }

    /// <summary>Writes over what is there, also where the policy keeps the first version or waits for a person.</summary>
    [Parameter]
    public SwitchParameter Overwrite { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override TransactionUse InTransaction => TransactionUse.TakesPart;

    protected override void Process()
    {
        Subject = Name;
        ItemName.Check(Name);
        if (ParameterSetName == PartsSet)
        {
            ChangeParts();
            return;
        }

        var known = Locate();
        bool asks = !MyInvocation.BoundParameters.ContainsKey(nameof(Value));
        var encoded = asks ? default : ValueCodec.Encode(Value, Depth);
        if (!ShouldProcess($"{Name} in vault {known.Name}", "Set item")) return;
        var open = Open();
        if (asks)
        {
            using var answer = Prompt.Hidden(this, $"Value of {Name}");
            encoded = ValueCodec.Encode(answer) with { Kind = ValueKind.Text }; // it was typed as text, only not shown
        }

        var wish = new WriteWish(Fields, Overwrite);
        if (MyInvocation.ExpectingInput && open.Transaction is null && !ItemWriter.IsByField(() => PolicyOf(open), Name, encoded, wish))
        {
            // The script may use its array for the next value.
            if (encoded.Kind == ValueKind.Bytes) encoded = encoded with { Bytes = [.. encoded.Bytes] };
            _behind.Add(new(open, Collection, Name, encoded, ItemWriter.Given(encoded, Metadata), Overwrite));
            Tell();
            return;
        }

        // In their order, where one name comes twice.
        if (MyInvocation.ExpectingInput) _behind.Drain();
        Tell();
        ItemWriter.Put(open, Collection, Name, encoded, Metadata, wish);
        Pass(open, Collection, Name);
    }

    private void ChangeParts()
    {
        var parts = ItemParts.Of(Patch, Unset, Increment, AddElement, RemoveElement, Depth);
        var known = Locate();
        if (!ShouldProcess($"{Name} in vault {known.Name}", "Change parts of item")) return;
        var open = Open();
        parts.Apply(open, Collection, Name, Overwrite);
        Pass(open, Collection, Name);
    }

    protected override void End()
    {
        _behind.Drain();
        Tell();
    }

    protected override void Dispose(bool disposing)
    {
        // Also after Ctrl+C: what was taken is stored before the vault is given back.
        if (disposing) _behind.Dispose();
        base.Dispose(disposing);
    }

    private CollectionPolicy PolicyOf(OpenVault open) =>
        _policies.TryGetValue((open, Collection), out var policy) ? policy : _policies[(open, Collection)] = open.Vault.PolicyOf(Collection);

    private void Tell()
    {
        foreach (var value in _behind.TakeDone())
        {
            if (value.Error is { } error) Report(error, value.Name);
            else Pass(value.Open, value.Collection, value.Name);
        }
    }

    private void Pass(OpenVault open, string collection, string name)
    {
        if (PassThru && open.View.Find(collection, name) is { } item) WriteObject(ItemObjects.Of(open, item));
    }
}
