using System.Management.Automation;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Vaults;

namespace SyncModule.Commands.Collections;

/// <summary>Set-SyncCollection: how versions of a collection's items that compete are shown. The setting travels like any other change; what is stored stays as it is.</summary>
[Cmdlet(VerbsCommon.Set, "SyncCollection", SupportsShouldProcess = true)]
[OutputType(typeof(SyncCollection))]
public sealed class SetSyncCollectionCommand : VaultCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Collection")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.CollectionNameCompleter))]
    public string Name { get; set; } = "";

    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.PolicyNameCompleter))]
    public string? Policy { get; set; }

    /// <summary>The device whose versions stand first, with authority-wins.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.DeviceNameCompleter))]
    public string? Authority { get; set; }

    /// <summary>The policy is for these names alone: * is any run of characters, ? one; case counts.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Pattern { get; set; } = [];

    /// <summary>These exceptions end.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] RemovePattern { get; set; } = [];

    /// <summary>Fields, as JSON pointers, whose lists are sets.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Set { get; set; } = [];

    /// <summary>Fields, as JSON pointers, whose numbers are counters.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Counter { get; set; } = [];

    /// <summary>Fields, as JSON pointers, that no device sends; / = all.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Local { get; set; } = [];

    /// <summary>Its items are computed on each machine and never sent: Update-SyncCollection. -Derived:$false ends it.</summary>
    [Parameter]
    public SwitchParameter Derived { get; set; }

    /// <summary>Fields that are none of these any more.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Plain { get; set; } = [];

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Process()
    {
        Subject = Name;
        string name = ItemName.Check(Name);
        var open = Open();
        var change = new PolicyChange { Policy = Policy, Authority = Authority, Patterns = Pattern, RemovedPatterns = RemovePattern, Sets = Set, Counters = Counter, Local = Local, Plain = Plain, Derived = MyInvocation.BoundParameters.ContainsKey(nameof(Derived)) ? Derived : null };
        open.Vault.CheckPolicy(name, change); // before the question: -WhatIf says only what would happen
        if (!ShouldProcess($"collection {name} in vault {open.Name}", Policy is null ? (change.Derived is { } derived ? (derived ? "Make derived" : "Make one that is written") : "Set fields") : Pattern.Length == 0 ? $"Set policy {Policy}" : $"Set policy {Policy} for {string.Join(", ", Pattern)}")) return;
        open.Vault.SetPolicy(name, change);
        if (PassThru) WriteObject(CollectionObjects.Of(open, name));
    }
}
