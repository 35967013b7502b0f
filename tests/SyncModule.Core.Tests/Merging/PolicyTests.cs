using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Merging;

/// <summary>Policies choose what shows and how records are worded; never what a state is (format-1 §7).</summary>
public class PolicyTests
{
    private readonly Story _story = new();

    public static TheoryData<string, string, string, MergeRule, MergeReason> Views => new()
    {
        { "last", "c", "A", MergeRule.LastWriterWins, MergeReason.WrittenLater },
        { "first", "a", "C", MergeRule.FirstWriterWins, MergeReason.WrittenFirst },
        { "authority", "b", "B", MergeRule.Authority, MergeReason.OfAuthority },
        { "nobody", "c", "Z", MergeRule.LastWriterWins, MergeReason.WrittenLater },
        { "manual", "c", "A", MergeRule.Manual, MergeReason.WaitsForPerson },
    };

    [Theory]
    [MemberData(nameof(Views))]
    public void Each_policy_shows_its_version_in_every_order_of_delivery(string policy, string shown, string authority, MergeRule rule, MergeReason reason)
    {
        _story.Put('A', "a", 10);
        _story.Put('B', "b", 20);
        _story.Put('C', "c", 30);
        var item = Policy(policy, authority[0]);
        byte[]? records = null;
        foreach (var order in Orders([.. _story.Commits]))
        {
            var replica = new ProductReplica();
            foreach (var commit in order) replica.Receive([commit]);
            var state = replica.State("key1")!;
            byte[] before = state.Encode();
            var view = View.Of(state, item);
            Assert.Equal(policy == "manual" ? ItemStatus.Conflict : ItemStatus.Item, view.Status);
            Assert.Equal(shown, Story.Shown(view.Winner!.Value));
            var record = Assert.Single(MergeRecords.Open(state.Under(item)));
            Assert.Equal((rule, reason, rule == MergeRule.Authority ? MergeAuthor.Authority : MergeAuthor.Automatic), (record.Rule, record.Reason, record.By));
            Assert.Equal(policy == "manual", record.IsWaiting);
            Assert.Equal(records ??= MergeRecords.Encode([record]), MergeRecords.Encode([record]));
            Assert.Equal(record.Id, MergeRecords.Open(state)[0].Id); // the same decision, told otherwise
            Assert.Equal(before, state.Under(item).Folded.Encode());
            Assert.Equal(before, state.Under(item).Encode());
        }
    }

    [Fact]
    public void Records_of_every_rule_are_read_back_and_a_wrong_shape_is_refused()
    {
        Patch('A', 10, ("/url", "1"));
        Patch('B', 20, ("/retries", "2"));
        _story.DeliverAll('A');
        var together = Assert.Single(MergeRecords.Open(_story.State('A').Under(ItemPolicy.Of(PolicyRule.FieldMerge))));
        _story.Put('A', "x", 30, "other");
        _story.Put('B', "y", 30, "other");
        _story.DeliverAll('A');
        var open = MergeRecords.Open(_story.State('A', "other").Under(ItemPolicy.Of(PolicyRule.FirstWriterWins)))[0];
        Assert.Equal(MergeReason.LesserDevice, open.Reason);
        foreach (var record in new[] { together, open, MergeRecords.Open(_story.State('A', "other").Under(ItemPolicy.Of(PolicyRule.Manual)))[0] })
        {
            byte[] bytes = Bytes(record);
            var reader = new CborReader(bytes);
            Assert.Equal(bytes, Bytes(MergeRecord.Read(ref reader)));
        }

        Assert.Throws<VaultFormatException>(() => Read(Bytes(open with { Rule = MergeRule.FieldMerge, Fields = [new("/x", new(default, 1))] })));
        Assert.Throws<VaultFormatException>(() => Read(Bytes(together)[..^1]));
    }

    [Fact]
    public void Fields_of_concurrent_patches_stand_together_and_the_record_says_whose_they_are()
    {
        Patch('A', 10, ("/url", "\"old\""), ("/retries", "1"));
        _story.DeliverAll('A', 'B');
        Patch('A', 20, ("/retries", "2"));
        Patch('B', 30, ("/url", "\"new\""));
        _story.DeliverAll('A', 'B');
        var policy = ItemPolicy.Of(PolicyRule.FieldMerge);
        var record = Assert.Single(MergeRecords.Open(_story.State('A').Under(policy)));
        Assert.Empty(MergeRecords.Open(_story.State('A'))); // nothing competes: other policies have nothing to tell
        Assert.Equal((MergeRule.FieldMerge, MergeReason.DifferentFields, MergeState.Open), (record.Rule, record.Reason, record.State));
        Assert.Empty(record.Losers);
        Assert.Equal("url from device B, retries from device A", Explanation.Reason(record, Story.Name));
        Assert.Equal(Bytes(record), Bytes(MergeRecords.Open(_story.State('B').Under(policy))[0]));
        Assert.Contains("stands in url\n", Explanation.Of(record, Story.Name), StringComparison.Ordinal);

        // Where the same field differs the usual order decides that field.
        Patch('A', 40, ("/url", "\"a\""));
        Patch('B', 50, ("/url", "\"b\""));
        _story.DeliverAll('A', 'B');
        record = Assert.Single(MergeRecords.Open(_story.State('A').Under(policy)));
        Assert.Equal(("/url", MergeRule.LastWriterWins), (record.Path, record.Rule));
    }

    [Fact]
    public void A_manual_conflict_ends_with_a_decision_also_where_two_people_decide_at_once()
    {
        var a = _story.Put('A', "a", 10);
        var b = _story.Put('B', "b", 20);
        _story.DeliverAll('A', 'B');
        var manual = ItemPolicy.Of(PolicyRule.Manual);
        Assert.True(_story.State('A').Under(manual).IsWaiting);
        Assert.Contains("changed on device A and device B at once", Explanation.Of(_story.State('A').Under(manual), MergeRecords.Open(_story.State('A').Under(manual)), Story.Name), StringComparison.Ordinal);
        _story.Write('A', 30, Writes.Resolve(_story.State('A').Under(manual), a.Operations[0].Origin.Dot));
        _story.Write('B', 40, Writes.Resolve(_story.State('B').Under(manual), b.Operations[0].Origin.Dot));
        _story.DeliverAll('A', 'B');
        foreach (char device in "AB")
        {
            var state = _story.State(device).Under(manual);
            Assert.False(state.IsWaiting);
            Assert.Equal("b", Story.Shown(View.Of(state).Winner!.Value));
            Assert.All(_story.Replica(device).AllRecords(), r => Assert.Equal(MergeRule.Resolved, r.Rule));
        }
    }

    [Fact]
    public void A_deletion_that_waits_for_a_person_hides_nothing()
    {
        _story.Put('A', "a", 10);
        _story.DeliverAll('A', 'B');
        _story.Put('A', "b", 20);
        _story.Delete('B', 30);
        _story.DeliverAll('A');
        var state = _story.State('A');
        Assert.False(state.IsAlive);
        Assert.True(state.Under(ItemPolicy.Of(PolicyRule.Manual)).IsAlive);
        Assert.Equal(ItemStatus.Conflict, View.Of(state, ItemPolicy.Of(PolicyRule.Manual)).Status);
        Assert.Equal(ItemStatus.Item, View.Of(state, ItemPolicy.Of(PolicyRule.FirstWriterWins)).Status);
    }

    [Fact]
    public void Settings_are_cells_that_two_devices_change_apart_and_what_is_not_known_shows_the_default()
    {
        Set('A', 10, CollectionPolicy.Setting(ItemPolicy.Of(PolicyRule.Manual)), CollectionPolicy.SetSetting("/tags", on: true));
        _story.DeliverAll('A', 'B');
        Set('A', 20, CollectionPolicy.Setting("app/*", ItemPolicy.Of(Story.Device('A'))));
        Set('B', 30, CollectionPolicy.Setting("app/secret*", ItemPolicy.Of(PolicyRule.FirstWriterWins)), CollectionPolicy.CounterSetting("/hits/a~b", on: true));
        _story.DeliverAll('A', 'B');
        var policy = CollectionPolicy.Of(_story.State('A', ""));
        Assert.Equal(_story.State('A', "").Encode(), _story.State('B', "").Encode());
        Assert.Equal(PolicyRule.Manual, policy.For("x").Rule);
        Assert.Equal(Story.Device('A'), policy.For("app/x").Authority);
        Assert.Equal(PolicyRule.FirstWriterWins, policy.For("app/secret/x").Rule);
        Assert.Equal(["/tags"], policy.SetPaths);
        Assert.Equal(["/hits/a~b"], policy.CounterPaths);
        Assert.True(policy.MayWait);
        Assert.False(policy.HasUnknown);
        Assert.Null(CollectionPolicy.Write(_story.State('A', ""), "files", new Dictionary<string, byte[]?> { ["/policy"] = ItemPolicy.Of(PolicyRule.Manual).Encode() }));

        Set('A', 40, new("/policy", System.Text.Encoding.UTF8.GetBytes("""["votes",1]""")), CollectionPolicy.Setting("app/*", null));
        policy = CollectionPolicy.Of(_story.State('A', ""));
        Assert.Equal((PolicyRule.LastWriterWins, "votes", false), (policy.Policy.Rule, policy.Policy.Name, policy.Policy.IsKnown));
        Assert.Equal(PolicyRule.LastWriterWins, policy.For("app/x").Rule);
        Assert.True(policy.HasUnknown);
    }

    [Theory]
    [InlineData("""["manual",2]""")]
    [InlineData("""["authority",1]""")]
    [InlineData("""["authority",1,"AAAA"]""")]
    [InlineData("""["owned",2]""")]
    [InlineData("""{"policy":"manual"}""")]
    [InlineData("""["manual",-1]""")]
    [InlineData("""["manual"]""")]
    [InlineData("""[1,1]""")]
    [InlineData("manual")]
    [InlineData("")]
    public void A_setting_that_cannot_be_read_is_a_policy_that_is_not_known(string value)
    {
        var policy = ItemPolicy.Decode(ItemValue.FromBytes(System.Text.Encoding.UTF8.GetBytes(value)));
        Assert.False(policy.IsKnown);
        Assert.Equal(PolicyRule.LastWriterWins, policy.Rule);
        _story.Put('A', "a", 10);
        _story.Put('B', "b", 20);
        _story.DeliverAll('A');
        Assert.Same(_story.State('A'), _story.State('A').Under(policy));
    }

    [Fact]
    public void Every_policy_that_can_be_set_fits_into_a_state_and_is_read_back()
    {
        foreach (var policy in new[] { ItemPolicy.Default, ItemPolicy.Of(PolicyRule.FirstWriterWins), ItemPolicy.Of(PolicyRule.FieldMerge), ItemPolicy.Of(PolicyRule.Manual), ItemPolicy.Of(PolicyRule.Owned), ItemPolicy.Of(Story.Device('Z')) })
        {
            Assert.InRange(policy.Encode().Length, 1, ItemValue.MaxInState);
            Assert.Equal(policy, ItemPolicy.Decode(ItemValue.FromBytes(policy.Encode())));
        }
    }

    [Theory]
    [InlineData("app/*", "app/", true)]
    [InlineData("app/*", "app/a/b", true)]
    [InlineData("app/*", "App/a", false)]
    [InlineData("*.md", "a/b.md", true)]
    [InlineData("*.md", "a.mdx", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("*a*b*", "xxaxxbxx", true)]
    [InlineData("*a*b*", "xxbxxaxx", false)]
    [InlineData("", "", true)]
    [InlineData("**", "", true)]
    public void Patterns_fit_whole_keys(string pattern, string key, bool fits) => Assert.Equal(fits, KeyPattern.Matches(pattern, key));

    [Fact]
    public void The_more_specific_pattern_decides()
    {
        string[] patterns = ["*", "app/*", "app/?", "app/x", "bpp/x", "??pp/*"];
        Array.Sort(patterns, KeyPattern.CompareSpecific);
        Assert.Equal(["app/x", "bpp/x", "app/*", "app/?", "??pp/*", "*"], patterns);
    }

    private static ItemPolicy Policy(string name, char authority) => name switch
    {
        "last" => ItemPolicy.Default,
        "first" => ItemPolicy.Of(PolicyRule.FirstWriterWins),
        "manual" => ItemPolicy.Of(PolicyRule.Manual),
        _ => ItemPolicy.Of(Story.Device(authority)),
    };

    private void Patch(char device, ulong time, params (string Path, string Json)[] fields) =>
        _story.Write(device, time, StructuredWrites.Patch(_story.Replica(device).State("key1"), "files", "key1", fields.ToDictionary(f => f.Path, f => (ItemValue?)Story.Text(f.Json))));

    private void Set(char device, ulong time, params KeyValuePair<string, byte[]?>[] settings) =>
        _story.Write(device, time, CollectionPolicy.Write(_story.Replica(device).State(""), "files", settings.ToDictionary(s => s.Key, s => s.Value))!);

    private static byte[] Bytes(MergeRecord record)
    {
        var writer = new CborWriter();
        record.Write(writer);
        return writer.ToArray();
    }

    private static MergeRecord Read(byte[] bytes)
    {
        var reader = new CborReader(bytes);
        return MergeRecord.Read(ref reader);
    }

    private static IEnumerable<WrittenCommit[]> Orders(WrittenCommit[] commits)
    {
        if (commits.Length == 1) yield return commits;
        for (int i = 0; i < commits.Length && commits.Length > 1; i++)
        {
            foreach (var rest in Orders([.. commits.Where((_, at) => at != i)])) yield return [commits[i], .. rest];
        }
    }
}
