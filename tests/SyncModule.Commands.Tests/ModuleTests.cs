using System.Management.Automation;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SyncModule.Tests.Shared;

namespace SyncModule.Commands.Tests;

/// <summary>Manifests, verbs and views against the assembly.</summary>
public partial class ModuleTests
{
    [Fact]
    public void The_manifests_export_each_cmdlet_once()
    {
        var root = Exports("SyncModule.psd1");
        var extension = Exports(Path.Combine("module", "SyncModule.Extension", "SyncModule.Extension.psd1"));
        Assert.Equal(CmdletFacts.OfModule.Select(c => c.Name), root.Order(StringComparer.Ordinal));
        Assert.Equal(CmdletFacts.All.Where(c => c.IsForSecretManagement).Select(c => c.Name), extension.Order(StringComparer.Ordinal));
        Assert.Equal(CmdletFacts.All.Count, root.Union(extension, StringComparer.Ordinal).Count());
    }

    [Fact]
    public void The_extensions_script_exports_what_its_manifest_does()
    {
        string script = File.ReadAllText(Path.Combine(Repository.Root, "module", "SyncModule.Extension", "SyncModule.Extension.psm1"));
        string list = script.Split("Export-ModuleMember -Cmdlet ")[1];
        Assert.Equal(Exports(Path.Combine("module", "SyncModule.Extension", "SyncModule.Extension.psd1")), list.Split(',').Select(n => n.Trim()));
    }

    [Fact]
    public void Every_verb_is_approved()
    {
        Type[] families = [typeof(VerbsCommon), typeof(VerbsCommunications), typeof(VerbsData), typeof(VerbsDiagnostic), typeof(VerbsLifecycle), typeof(VerbsOther), typeof(VerbsSecurity)];
        var approved = families.SelectMany(f => f.GetFields()).Select(f => (string)f.GetRawConstantValue()!).ToHashSet(StringComparer.Ordinal);
        Assert.True(approved.Count > 90);
        Assert.All(CmdletFacts.All, c => Assert.Contains(c.Name.Split('-')[0], approved));
    }

    [Fact]
    public void Every_class_is_named_after_its_cmdlet() => Assert.All(CmdletFacts.All, c => Assert.Equal(c.Name.Replace("-", "", StringComparison.Ordinal) + "Command", c.Type.Name));

    [Fact]
    public void Every_type_that_comes_out_has_a_view_also_after_a_job()
    {
        var views = Names("SyncModule.Format.ps1xml", "TypeName").Concat(Names("SyncModule.Types.ps1xml", "Name")).ToHashSet(StringComparer.Ordinal);
        var own = CmdletFacts.All.SelectMany(c => c.Outputs).Where(t => t.Namespace?.StartsWith("SyncModule", StringComparison.Ordinal) == true).Distinct().ToList();
        Assert.NotEmpty(own);
        // A job is shown by PowerShell's own view of jobs, and cannot leave its process.
        foreach (var type in own.Where(t => !t.IsSubclassOf(typeof(Job)))) Assert.True(views.Contains(type.FullName!) && views.Contains("Deserialized." + type.FullName), $"{type.Name} has no view");
    }

    [Fact]
    public void A_view_names_properties_that_its_type_has()
    {
        var document = XDocument.Load(Path.Combine(Repository.Root, "module", "SyncModule.Format.ps1xml"));
        foreach (var view in document.Descendants("View"))
        {
            foreach (string name in view.Descendants("TypeName").Select(t => t.Value).Where(n => !n.StartsWith("Deserialized.", StringComparison.Ordinal)))
            {
                var type = typeof(SyncErrors).Assembly.GetType(name) ?? CmdletFacts.Assembly.GetType(name);
                Assert.NotNull(type);
                // PowerShell itself adds properties to jobs.
                if (type.IsSubclassOf(typeof(Job))) continue;
                Assert.All(view.Descendants("PropertyName"), p => Assert.True(type.GetProperty(p.Value) is not null, $"{name} has no {p.Value}"));
                Assert.Equal(view.Descendants("TableColumnHeader").Count(), view.Descendants("TableColumnItem").Count());
            }
        }
    }

    // A terminal of 80 columns is what most people see first; a column that does not fit is left out without a word.
    [Fact]
    public void A_table_leaves_its_last_column_room_in_eighty_columns()
    {
        var document = XDocument.Load(Path.Combine(Repository.Root, "module", "SyncModule.Format.ps1xml"));
        foreach (var headers in document.Descendants("TableControl").Select(t => t.Descendants("TableColumnHeader").ToList()))
        {
            var widths = headers.SkipLast(1).Select(h => (int?)h.Element("Width")).ToList();
            Assert.All(widths, w => Assert.NotNull(w));
            // One more between each two.
            Assert.InRange(widths.Sum(w => w!.Value + 1), 1, 80 - 7);
        }
    }

    private static IEnumerable<string> Names(string file, string element) => XDocument.Load(Path.Combine(Repository.Root, "module", file)).Descendants(element).Select(e => e.Value);

    private static IReadOnlyList<string> Exports(string manifest)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, manifest));
        string list = CmdletsToExport().Match(text).Groups[1].Value;
        return [.. Quoted().Matches(list).Select(m => m.Groups[1].Value)];
    }

    [GeneratedRegex(@"CmdletsToExport\s*=\s*@\(([^)]*)\)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CmdletsToExport();

    [GeneratedRegex("'([^']+)'", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Quoted();
}
