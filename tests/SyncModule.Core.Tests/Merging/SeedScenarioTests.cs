using System.Text.RegularExpressions;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Tests.Shared;

namespace SyncModule.Core.Tests.Merging;

/// <summary>The published merge scenarios (seeds/n1_vectors.json): their events are read from the file and played.</summary>
public class SeedScenarioTests
{
    [VectorFact("seeds")]
    public void A1_a_later_write_that_saw_the_first_replaces_it()
    {
        var story = Play("A.1");
        foreach (char device in "12") Assert.Equal("value2", Story.Shown(View.Of(story.State(device)).Winner!.Value));
        Assert.Equal(story.State('1').Encode(), story.State('2').Encode());
        Assert.Equal([(byte)0x80], story.Replica('1').Records());
        // The log keeps both versions.
        Assert.Equal(["value1", "value2"], story.Commits.Select(c => Story.Shown(c.Operations[0].Operation.Value)));
    }

    [VectorFact("seeds")]
    public void A2_at_one_time_the_greater_device_wins_and_both_are_kept()
    {
        var story = Play("A.2");
        var record = Assert.Single(MergeRecords.Open(story.State('1')));
        Assert.Equal("value2", Story.Shown(View.Of(story.State('1')).Winner!.Value));
        Assert.Equal(MergeReason.GreaterDevice, record.Reason);
        Assert.Equal(2, record.Heads.Count);
        Assert.Equal(story.Replica('1').Records(), story.Replica('2').Records());
    }

    [VectorFact("seeds")]
    public void A3_a_later_put_wins_over_a_delete_and_the_tombstone_stays()
    {
        var story = Play("A.3");
        foreach (char device in "12")
        {
            var view = View.Of(story.State(device));
            Assert.Equal(ItemStatus.Item, view.Status);
            Assert.Equal("value2", Story.Shown(view.Winner!.Value));
            Assert.Contains(story.State(device).Item!.Heads, h => h.Kind == OperationKind.Delete);
            Assert.Equal(MergeReason.WrittenLater, Assert.Single(MergeRecords.Open(story.State(device))).Reason);
        }
    }

    private static Story Play(string id)
    {
        var scenario = Vectors.Json("seeds", "n1_vectors.json").GetProperty("merge_scenarios").EnumerateArray().Single(s => s.GetProperty("id").GetString() == id);
        var story = new Story();
        foreach (var step in scenario.GetProperty("events").EnumerateArray()) Play(story, step.GetString()!);
        story.DeliverAll('1', '2');
        return story;
    }

    private static void Play(Story story, string step)
    {
        var match = Regex.Match(step, @"^(?:R(?<device>\d) )?(?<what>Put|Delete|syncs|both)\s*(?:key1=)?(?<value>value\d)?(?: ?@(?<time>\d+))?", RegexOptions.None, TimeSpan.FromSeconds(1));
        if (step.StartsWith("both ", StringComparison.Ordinal)) match = Regex.Match(step, @"^(?<what>both) key1=(?<value>\w+)$", RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.True(match.Success, step);
        char device = match.Groups["device"].Success ? match.Groups["device"].Value[0] : '1';
        ulong time = match.Groups["time"].Success ? ulong.Parse(match.Groups["time"].Value) : 1;
        switch (match.Groups["what"].Value)
        {
            case "Put": story.Put(device, match.Groups["value"].Value, time); break;
            case "Delete": story.Delete(device, time); break;
            case "syncs": story.DeliverAll(device); break;
            default:
                story.Put('1', match.Groups["value"].Value, time);
                story.DeliverAll('2');
                break;
        }
    }
}
