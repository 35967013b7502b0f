using System.Text;
using SyncModule.Core.Model;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>What merge --explain shows: versions beside each other, on 80 columns.</summary>
public sealed class SideBySideTests
{
    [Fact]
    public async Task Versions_that_compete_stand_beside_each_other_with_their_fields_and_the_reason()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.PutObject("items", "app", Json("""{"url":"https://example.org/a/rather/long/path","retries":1}"""));
        await pair.SyncAsync(1, 0);
        a.Patch("items", "app", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/url"] = Json("\"https://example.org/from/the/desk\""), ["/retries"] = Json("2") });
        await Task.Delay(5); // two writes in one millisecond have no order by time
        b.Patch("items", "app", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/url"] = Json("\"b\""), ["/retries"] = null });
        await pair.SyncAsync(1, 0);
        string text = Explain(a, "app");
        Assert.Equal(text, Explain(b, "app"));
        Contains(text, "app in items: an object, each field by its last version", "policy: last-writer-wins", "device    device 0", "/url      \"https://", "(removed)", "/url: device 1's stands, written later by");
        a.SetPolicy("items", new() { Policy = "manual" });
        Contains(Explain(a, "app"), "app in items: waits for a person", "changed on device 0 and device 1 at once");
        a.Patch("items", "app", new Dictionary<string, ReadOnlyMemory<byte>?> { ["/other"] = Json("1") });
        a.SetPolicy("items", new() { Policy = "last-writer-wins" });
        a.PutObject("items", "app", Json("""{"url":"c","retries":3}"""));
        Contains(Explain(a, "app"), "no versions compete now", "decided before:", "over 2 versions, a later");
    }

    [Fact]
    public async Task Whole_values_are_told_by_their_form_and_many_versions_take_several_blocks()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        a.Put("k", "eighteen letters:)");
        b.Delete("items", ["k"]); // it is not there yet: no version
        b.Put("k", "hunter2");
        await pair.SyncAsync(1, 0);
        string text = Explain(a, "k");
        Contains(text, "value     (text, 18 chars)", "(text, 7 chars)", "stands    ");
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);

        // Imports over an old base never replace what came meanwhile: one version more each.
        var base0 = a.Find("items", "k")!.Item!.Heads[0].Dot;
        for (int i = 0; i < 5; i++)
        {
            var value = ItemValue.FromBytes(Encoding.UTF8.GetBytes("import " + i));
            a.Commit([new([new("items", "k", state => Core.Merging.Writes.Put(state, "items", "k", value, baseHeads: [base0]))], [])]);
        }

        text = Explain(a, "k");
        Assert.True(text.Split('\n').Count(l => l.StartsWith("version ", StringComparison.Ordinal)) > 1, text);
    }

    [Fact]
    public async Task Records_of_one_item_are_those_of_it_in_the_list_of_all()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var (a, b) = (pair[0].Vault, pair[1].Vault);
        foreach (int i in Enumerable.Range(0, 12))
        {
            a.Put($"k{i % 3}", $"a{i}");
            b.Put($"k{i % 4}", $"b{i}");
            if (i % 2 == 0) await pair.SyncAsync(1, 0);
        }

        await pair.SyncAsync(1, 0);
        var all = a.MergeRecords();
        Assert.True(all.Count > 6);
        Assert.Equal(all.Order(), all);
        foreach (string key in new[] { "k0", "k1", "k2", "k3" }) Assert.Equal(all.Where(r => r.Key == key).Select(r => r.Id), a.MergeRecords("items", key).Select(r => r.Id));
    }

    private static string Explain(Vault vault, string key)
    {
        string text = SideBySide.Of(vault, vault.Find("items", key)!, vault.MergeRecords("items", key));
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 80, line));
        Assert.DoesNotContain(text.Split('\n'), line => line.EndsWith(' '));
        if (Environment.GetEnvironmentVariable("SYNCMODULE_SHOW") is { } file) File.AppendAllText(file, text + "\n----\n");
        return text;
    }

    private static void Contains(string text, params string[] parts) => Assert.All(parts, p => Assert.Contains(p, text, StringComparison.Ordinal));

    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes(text);
}
