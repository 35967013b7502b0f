using System.Reflection;
using System.Text.RegularExpressions;
using SyncModule.Core.Encoding;

namespace SyncModule.Core.Tests.Encoding;

public partial class LabelsTests
{
    private delegate ReadOnlySpan<byte> Getter();

    public static IReadOnlyList<(string Name, string Text)> All { get; } =
        [.. typeof(Labels).GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Select(p => (p.Name, System.Text.Encoding.UTF8.GetString(p.GetMethod!.CreateDelegate<Getter>()())))];

    [Fact]
    public void No_two_uses_share_a_label() => Assert.Equal(All.Count, All.Select(l => l.Text).Distinct(StringComparer.Ordinal).Count());

    [Fact]
    public void Every_label_has_the_form_of_the_format()
    {
        Assert.True(All.Count > 40);
        Assert.All(All, l => Assert.Matches(LabelForm(), l.Text));
    }

    [Fact]
    public void No_label_is_the_start_of_another() =>
        Assert.All(All, a => Assert.DoesNotContain(All, b => a != b && b.Text.StartsWith(a.Text, StringComparison.Ordinal)));

    [Fact]
    public void Labels_stand_in_one_file_only()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "SyncModule.sln"))) folder = folder.Parent;
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(folder.FullName, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && File.ReadAllText(f).Contains("\"syncmodule/1/", StringComparison.Ordinal))
            .Select(f => Path.GetFileName(f)!)];
        Assert.Equal(["Labels.cs"], files);
    }

    [Fact]
    public void The_labels_of_the_specification_are_all_there()
    {
        string[] specified =
        [
            "epoch/id", "epoch/net", "object", "block/siv", "block/key", "noise/psk", "noise/mac1", "mdns", "hub/envelope", "hub/nonce", "hub/sender",
            "hub/cap", "member/siv", "member/key", "cdc", "digest", "collection/tag", "content", "ring", "index/tag", "index/dedup", "index/siv",
            "index/key", "local/siv", "local/key", "slot/wrap", "slot/commit", "invite", "invite/psk", "invite/mac1", "invite/mailbox", "invite/blob",
            "device", "genesis", "commit", "commit-sig", "block", "version", "mr", "ack", "epoch", "net", "noise", "group",
        ];
        Assert.Empty(specified.Select(s => "syncmodule/1/" + s + "\0").Except(All.Select(l => l.Text), StringComparer.Ordinal));
    }

    [GeneratedRegex("^syncmodule/1/[a-z0-9]+([/-][a-z0-9]+)?\0$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LabelForm();
}
