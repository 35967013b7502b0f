using System.Collections;
using System.Management.Automation;
using SyncModule.Commands.Values;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Items;

/// <summary>Set-SyncItem: stores a value under a name. Without a value a person is asked, hidden, because command lines are kept in history files.</summary>
[Cmdlet(VerbsCommon.Set, "SyncItem", SupportsShouldProcess = true)]
[OutputType(typeof(SyncItem))]
public sealed class SetSyncItemCommand : ItemCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.ItemNameCompleter))]
    public string Name { get; set; } = "";

    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? Value { get; set; }

    /// <summary>Text and numbers kept beside the value and shown by Get-SyncItem; without it those of the old value stay.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public IDictionary? Metadata { get; set; }

    /// <summary>How deep an object is stored that JSON cannot carry.</summary>
    [Parameter]
    [ValidateRange(1, 32)]
    public int Depth { get; set; } = ValueCodec.DefaultDepth;

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        Subject = Name;
        ItemName.Check(Name);
        var known = Locate();
        bool asks = !MyInvocation.BoundParameters.ContainsKey(nameof(Value));
        var encoded = asks ? default : ValueCodec.Encode(Value, Depth);
        if (!ShouldProcess($"{Name} in vault {known.Name}", "Set item")) return;
        var open = Open();
        if (asks)
        {
            using var answer = Prompt.Hidden(this, $"Value of {Name}");
            encoded = ValueCodec.Encode(answer);
        }

        ItemWriter.Put(open, Collection, Name, encoded, Metadata);
        if (PassThru && open.Vault.Find(Collection, Name) is { } item) WriteObject(ItemObjects.Of(open, item));
    }
}
