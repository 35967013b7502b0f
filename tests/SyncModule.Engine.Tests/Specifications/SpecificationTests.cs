using System.Text.RegularExpressions;
using SyncModule.Core.Encoding;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>
/// The examples of docs/specs are what the code makes; and none of them can change without a new version of its page. Run with
/// SYNCMODULE_UPDATE_DOCS=1 to write them again.
/// </summary>
public sealed partial class SpecificationTests
{
    private const string UpdateVariable = "SYNCMODULE_UPDATE_DOCS";

    private static readonly VectorFile[] Files = [.. CryptographyVectors.All(), .. VaultFormatVectors.All(), .. MergeVectors.All(), .. ProtocolVectors.All()];

    public static TheoryData<string> Names => [.. Files.Select(f => f.Name)];

    public static TheoryData<string> Pages => [.. Files.Select(f => f.Page).Distinct(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Examples_are_what_the_code_makes(string name)
    {
        var file = Files.Single(f => f.Name == name);
        byte[] made = file.Write(SpecificationPage.Read(file.Page).Version);
        string path = Path.Combine(SpecificationPage.VectorFolder, name);
        if (string.Equals(Environment.GetEnvironmentVariable(UpdateVariable), "1", StringComparison.Ordinal)) File.WriteAllBytes(path, made);
        string kept = File.Exists(path) ? File.ReadAllText(path) : "";
        Assert.True(string.Equals(System.Text.Encoding.UTF8.GetString(made), kept, StringComparison.Ordinal), $"docs/specs/vectors/{name} is not what the code makes. If it is meant to change: give {file.Page}.md a new version and run the tests with {UpdateVariable}=1.");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_has_a_new_version_whenever_an_example_has_changed(string name)
    {
        var page = SpecificationPage.Read(name);
        Assert.NotEmpty(page.Changes);
        var versions = page.Changes.Select(c => Version.Parse(c.Version)).ToList();
        Assert.Equal(versions.Order().Distinct(), versions);
        Assert.Equal(page.Version, page.Changes[^1].Version);
        Assert.Equal(page.Changes.Count, page.Changes.Select(c => c.Hash).Distinct(StringComparer.Ordinal).Count());
        string hash = SpecificationPage.HashOf(Files.Where(f => f.Page == name).Select(f => (f.Name, f.Write(page.Version))));
        Assert.True(page.Changes[^1].Hash == hash, $"The examples of {name}.md have the SHA-256 {hash}, and the change list says another one for version {page.Version}.");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_names_each_of_its_examples_and_no_other(string name)
    {
        var page = SpecificationPage.Read(name);
        string header = page.Text.Split('\n')[2];
        Assert.Equal(Files.Where(f => f.Page == name).Select(f => f.Name), FileName().Matches(header).Select(m => m.Groups[1].Value));
    }

    [Fact]
    public void No_file_of_examples_is_left_over() =>
        Assert.Equal(Files.Select(f => f.Name).Order(StringComparer.Ordinal), Directory.GetFiles(SpecificationPage.VectorFolder).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Fact]
    public void The_page_on_cryptography_lists_every_label()
    {
        string list = SpecificationPage.Read("cryptography").Text.Split("## 12. All labels")[1].Split("A label serves")[0];
        var listed = Quoted().Matches(list).Select(m => m.Groups[1].Value).ToList();
        var known = typeof(Labels).GetProperties().Select(p => System.Text.Encoding.ASCII.GetString(p.GetMethod!.CreateDelegate<Getter>()())).Select(l => l["syncmodule/1/".Length..^1]);
        Assert.Equal(known.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    private delegate ReadOnlySpan<byte> Getter();

    [GeneratedRegex("`([a-z-]+\\.json)`", RegexOptions.None, 1000)]
    private static partial Regex FileName();

    [GeneratedRegex("`([a-z0-9/-]+)`", RegexOptions.None, 1000)]
    private static partial Regex Quoted();
}
