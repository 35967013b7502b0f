using System.Management.Automation;
using SyncModule.Commands.Completion;
using SyncModule.Commands.Vaults;

namespace SyncModule.Commands.Tests;

/// <summary>
/// What people learn once and expect of every cmdlet: names and positions, what binds from the pipeline, wildcards, -WhatIf, -PassThru, what
/// Tab completes. A new cmdlet gets its line in these tables.
/// </summary>
public class SurfaceTests
{
    // In the order of their positions; everything else is named.
    private static readonly Dictionary<string, string[]> Positional = new(StringComparer.Ordinal)
    {
        ["Add-SyncPeer"] = ["Name", "Address"],
        ["Connect-SyncVault"] = ["Name"],
        ["Copy-SyncItem"] = ["Name"],
        ["Disable-SyncPeer"] = ["Name"],
        ["Export-SyncItem"] = ["Name", "Destination"],
        ["Get-SyncCollection"] = ["Name"],
        ["Get-SyncHistory"] = ["Name"],
        ["Get-SyncItem"] = ["Name"],
        ["Get-SyncMerge"] = ["Name"],
        ["Get-SyncOwner"] = ["Collection", "Unit"],
        ["Get-SyncPeer"] = ["Name"],
        ["Get-SyncSchedule"] = ["Name"],
        ["Get-SyncStatus"] = [],
        ["Get-SyncValue"] = ["Name"],
        ["Get-SyncVault"] = ["Name"],
        ["Import-SyncItem"] = ["Path"],
        ["Invoke-SyncTransaction"] = ["ScriptBlock"],
        ["Lock-SyncVault"] = ["Name"],
        ["New-SyncInvite"] = ["Listen"],
        ["New-SyncVault"] = ["Name"],
        ["Optimize-SyncVault"] = ["Name"],
        ["Register-SyncSchedule"] = ["Every"],
        ["Register-SyncVault"] = ["Name", "Path"],
        ["Remove-SyncItem"] = ["Name"],
        ["Remove-SyncPeer"] = ["Name"],
        ["Repair-SyncVault"] = ["Name"],
        ["Resolve-SyncMerge"] = ["Name"],
        ["Restore-SyncItem"] = ["Name", "Version"],
        ["Set-SyncCollection"] = ["Name"],
        ["Set-SyncItem"] = ["Name", "Value"],
        ["Set-SyncOwner"] = ["Collection", "Unit"],
        ["Set-SyncVault"] = ["Name"],
        ["Start-VaultSync"] = ["Peer"],
        ["Test-SyncPeer"] = ["Name"],
        ["Test-SyncVault"] = ["Name"],
        ["Unlock-SyncVault"] = ["Name"],
        ["Unregister-SyncSchedule"] = ["Name"],
        ["Unregister-SyncVault"] = ["Name"],
        ["Update-SyncCollection"] = ["Name", "ScriptBlock"],
        ["Wait-VaultSync"] = ["Peer"],
    };

    // What the first parameter of each cmdlet names: something new, or what Tab can know.
    private static readonly Dictionary<string, Type?> Named = new(StringComparer.Ordinal)
    {
        ["SyncItem"] = typeof(ItemNameCompleter),
        ["SyncValue"] = typeof(ItemNameCompleter),
        ["SyncHistory"] = typeof(ItemNameCompleter),
        ["SyncMerge"] = typeof(ItemNameCompleter),
        ["SyncCollection"] = typeof(CollectionNameCompleter),
        ["SyncOwner"] = typeof(CollectionNameCompleter),
        ["SyncPeer"] = typeof(PeerNameCompleter),
        ["VaultSync"] = typeof(PeerNameCompleter),
        ["SyncVault"] = typeof(VaultNameCompleter),
        ["SyncSchedule"] = typeof(ScheduleNameCompleter),
        ["SyncStatus"] = typeof(VaultNameCompleter),
    };

    // First parameters that name nothing that exists: something new, a path, an address, a time.
    private static readonly string[] NamesNothing = ["Connect-SyncVault", "Import-SyncItem", "Invoke-SyncTransaction", "New-SyncInvite", "New-SyncVault", "Register-SyncSchedule", "Register-SyncVault"];

    // Elsewhere, by the parameter's name.
    private static readonly Dictionary<string, Type> Completed = new(StringComparer.Ordinal)
    {
        ["Vault"] = typeof(VaultNameCompleter),
        ["ToVault"] = typeof(VaultNameCompleter),
        ["Peer"] = typeof(PeerNameCompleter),
        ["From"] = typeof(PeerNameCompleter),
        ["Collection"] = typeof(CollectionNameCompleter),
        ["ToCollection"] = typeof(CollectionNameCompleter),
        ["Version"] = typeof(VersionCompleter),
        ["Select"] = typeof(VersionCompleter),
        ["Policy"] = typeof(PolicyNameCompleter),
        ["Authority"] = typeof(DeviceNameCompleter),
        ["To"] = typeof(DeviceNameCompleter),
        ["Unit"] = typeof(ItemNameCompleter),
    };

    // The same name everywhere, and the same meaning.
    private static readonly string[] OneThingOnly = ["Add-SyncPeer", "Set-SyncCollection", "Set-SyncItem", "Set-SyncOwner", "Set-SyncVault", "Update-SyncCollection"];

    private static readonly string[] ReadingVerbs = ["Get", "Test", "Wait"];

    // They give what they made, or how it went, without being asked.
    private static readonly string[] GivesAnyway = ["Connect-SyncVault", "Export-SyncItem", "Import-SyncItem", "Invoke-SyncTransaction", "New-SyncInvite", "New-SyncVault", "Optimize-SyncVault", "Register-SyncSchedule", "Repair-SyncVault", "Start-VaultSync"];

    public static TheoryData<string> Names => [.. CmdletFacts.OfModule.Select(c => c.Name)];

    [Fact]
    public void Every_cmdlet_has_its_line() => Assert.Equal(CmdletFacts.OfModule.Select(c => c.Name), Positional.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void Positions_are_those_that_were_decided(string name)
    {
        var cmdlet = Of(name);
        Assert.All(cmdlet.Sets, set => Assert.Equal(PositionsIn(cmdlet, set), Positional[name].Take(PositionsIn(cmdlet, set).Count())));
        Assert.Equal(Positional[name], PositionsIn(cmdlet, cmdlet.DefaultSet));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_vault_is_named_never_by_position_and_bound_by_property_name(string name)
    {
        var cmdlet = Of(name);
        foreach (var vault in cmdlet.Parameters.Where(p => p.Name == "Vault"))
        {
            Assert.Equal(typeof(VaultIdentity), vault.Type);
            Assert.Contains("VaultName", vault.Aliases);
            Assert.All(vault.Uses, use => Assert.True(use is { Position: null, IsRequired: false }));
            Assert.Contains(vault.Uses, use => use.ByPropertyName);
            // A set may take no record, but what Get-ChildItem gives or a text; one that takes records takes their vault.
            Assert.All(vault.Uses.Where(use => !use.ByPropertyName), use => Assert.DoesNotContain(cmdlet.Parameters.SelectMany(p => p.Uses), other => other.ByPropertyName && other.Set == use.Set));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_names_something_that_exists_comes_from_the_pipeline_by_value_and_by_property_name(string name)
    {
        if (NamesNothing.Contains(name)) return;
        var first = First(Of(name));
        Assert.True(first.Uses[0].ByPropertyName, $"{name} -{first.Name} is not bound by property name");
        // Where the pipeline brings values beside the names, a lone text would be half a record.
        if (name is not ("Add-SyncPeer" or "Set-SyncItem")) Assert.True(first.Uses[0].ByValue, $"{name} -{first.Name} is not bound by value");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Names_take_wildcards_wherever_several_can_be_meant(string name)
    {
        if (NamesNothing.Contains(name) || OneThingOnly.Contains(name)) return;
        var first = First(Of(name));
        // A vault may be a folder, in whose name a bracket is a bracket; Get-SyncVault PATTERN pipes those that are meant.
        if (first.Type != typeof(VaultIdentity)) Assert.True(first.Wildcards, $"{name} -{first.Name} takes no wildcards");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_change_can_be_tried_with_WhatIf_and_nothing_else_asks(string name) =>
        Assert.Equal(!ReadingVerbs.Contains(name.Split('-')[0]), Of(name).ShouldProcess);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_change_gives_something_back_at_least_when_it_is_asked_to(string name)
    {
        var cmdlet = Of(name);
        Assert.NotEmpty(cmdlet.Outputs);
        Assert.DoesNotContain(typeof(void), cmdlet.Outputs);
        bool asksFor = cmdlet.Parameters.Any(p => p.Name == "PassThru");
        Assert.Equal(cmdlet.ShouldProcess && !GivesAnyway.Contains(name), asksFor);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Tab_completes_each_name_of_something_that_exists(string name)
    {
        var cmdlet = Of(name);
        foreach (var parameter in cmdlet.Parameters)
        {
            bool isFirst = parameter == First(cmdlet) && !NamesNothing.Contains(name);
            var expected = isFirst ? Named[name.Split('-')[1]] : Completed.GetValueOrDefault(parameter.Name);
            // The name of a machine: of one that exists in Get-SyncMerge, of a new one elsewhere.
            if (parameter.Name == "Device") expected = name == "Get-SyncMerge" ? typeof(DeviceNameCompleter) : null;
            Assert.True(expected == parameter.Completer, $"{name} -{parameter.Name} is completed by {parameter.Completer?.Name ?? "nothing"}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_vault_that_is_used_can_be_opened_by_a_key_that_is_given(string name)
    {
        var cmdlet = Of(name);
        if (!typeof(VaultCmdlet).IsAssignableFrom(cmdlet.Type)) return;
        Assert.Equal(typeof(string), cmdlet.Parameters.Single(p => p.Name == "KeyFile").Type);
        Assert.Equal(typeof(PSCredential), cmdlet.Parameters.Single(p => p.Name == "Credential").Type);
    }

    // A word typed as an argument stays in a history file. A switch takes none.
    [Theory]
    [MemberData(nameof(Names))]
    public void No_passphrase_is_plain_text(string name) =>
        Assert.All(Of(name).Parameters.Where(p => p.Name.Contains("pass", StringComparison.OrdinalIgnoreCase) && p.Type != typeof(SwitchParameter)), p => Assert.Equal(typeof(System.Security.SecureString), p.Type));

    private static CmdletFacts Of(string name) => CmdletFacts.OfModule.Single(c => c.Name == name);

    private static ParameterFacts First(CmdletFacts cmdlet) => Positional[cmdlet.Name] is [var first, ..] ? cmdlet.Parameters.Single(p => p.Name == first) : cmdlet.Parameters[0];

    private static IEnumerable<string> PositionsIn(CmdletFacts cmdlet, string set) =>
        cmdlet.Parameters.Select(p => (p.Name, Use: p.Uses.FirstOrDefault(u => u.Set == set || u.Set == ParameterFacts.AllSets))).Where(p => p.Use?.Position is not null).OrderBy(p => p.Use!.Position).Select(p => p.Name);
}
