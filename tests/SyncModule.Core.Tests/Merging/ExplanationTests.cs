using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

public class ExplanationTests
{
    private readonly Story _story = new();

    [Fact]
    public void An_open_record_names_every_version_and_why_it_stands_where_it_does()
    {
        var a = _story.Put('A', "aaa", 1_700_000_000_000UL << 16);
        var b = _story.Put('B', "b", 1_700_000_000_500UL << 16);
        _story.DeliverAll('A');
        string text = Explanation.Of(MergeRecords.Open(_story.State('A'))[0], Story.Name);
        string later = "written later by 500 ms";
        string[] versions =
        [
            $"  {Id(a)} by device A at 2023-11-14T22:13:20.000Z+0, 3 bytes: loser, the active version was {later}",
            $"  {Id(b)} by device B at 2023-11-14T22:13:20.500Z+0, 1 byte: active, {later}",
        ];
        if (b.Id < a.Id) Array.Reverse(versions);
        Assert.Equal(string.Join('\n', ["open: key1 in files, 2 versions, rule: last writer wins", .. versions, ""]), text);
    }

    [Fact]
    public void A_settled_record_says_who_decided_and_what_was_replaced()
    {
        var a = _story.Put('A', "a", 10);
        _story.Put('B', "b", 20);
        _story.DeliverAll('A');
        _story.Put('C', "c", 4);
        _story.Delete('C', 5);
        _story.DeliverAll('A');
        var resolve = _story.Write('A', 30, Writes.Resolve(_story.State('A'), a.Operations[0].Origin.Dot));
        string text = Explanation.Of(_story.State('A'), _story.Replica('A').AllRecords(), Story.Name);
        Assert.StartsWith($"key1 in files: shows {Id(resolve)} by device A", text, StringComparison.Ordinal);
        Assert.Contains($"{Id(a)} by device A at 1970-01-01T00:00:00.000Z+10, 1 byte: active, chosen by a person on device A\n", text, StringComparison.Ordinal);
        Assert.Contains(", deletion: replaced, chosen by a person on device A\n", text, StringComparison.Ordinal);
        Assert.Contains($"{Id(resolve)} by device A at 1970-01-01T00:00:00.000Z+30, 1 byte: carries the decision\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_reason_has_its_words()
    {
        _story.Put('A', "a", 10);
        _story.Put('B', "b", 10);
        _story.DeliverAll('A');
        var record = MergeRecords.Open(_story.State('A'))[0];
        Assert.Equal(MergeReason.GreaterDevice, record.Reason);
        var all = Enum.GetValues<MergeReason>().Select(r => Explanation.Reason(record with { Reason = r }, Story.Name)).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.Contains("the greater device id decides", all[(int)MergeReason.GreaterDevice], StringComparison.Ordinal);
        Assert.Contains("a later write had seen all of them", all);
    }

    [Theory]
    [InlineData(0, "written later within the same millisecond")]
    [InlineData(1, "written later by 1 ms")]
    [InlineData(999, "written later by 999 ms")]
    [InlineData(3_400, "written later by 3.4 s")]
    [InlineData(252_000, "written later by 00:04:12")]
    [InlineData(183_845_000, "written later by 2.03:04:05")]
    [InlineData((1L << 47) - 2, "written later by 1628906.02:45:55")]
    public void How_much_later_is_said_in_few_words(long milliseconds, string words)
    {
        _story.Put('A', "a", 1UL << 16);
        _story.Put('B', "b", ((ulong)(1 + milliseconds) << 16) + 1);
        _story.DeliverAll('A');
        Assert.Equal(words, Explanation.Reason(MergeRecords.Open(_story.State('A'))[0], Story.Name));
    }

    [Fact]
    public void Names_cannot_draw_over_the_terminal()
    {
        _story.Put('A', "a", 10, "x\n\u001b[2J\u202Etxt");
        _story.Put('B', "b", 10, "x\n\u001b[2J\u202Etxt");
        _story.DeliverAll('A');
        string text = Explanation.Of(MergeRecords.Open(_story.State('A', "x\n\u001b[2J\u202Etxt"))[0], _ => "evil\u0007");
        Assert.DoesNotContain('\u001b', text);
        Assert.Contains("x\\u000a\\u001b[2J\\u202etxt in files", text, StringComparison.Ordinal);
        Assert.Contains("evil\\u0007", text, StringComparison.Ordinal);
    }

    private static string Id(WrittenCommit commit) => VersionId.Of(commit.Operations[0].Origin.Dot);
}
