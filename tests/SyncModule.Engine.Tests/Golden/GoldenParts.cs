using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Tests.Vaults;

namespace SyncModule.Engine.Tests.Golden;

/// <summary>
/// The part of the golden vault with operations on parts of an item: objects by fields, counters on several devices, sets, a tree that went, a
/// policy. One field is left open, one version competes with what the tree took.
/// </summary>
internal sealed class GoldenParts(GoldenStory story)
{
    private const string Stock = "stock";

    public void Tell()
    {
        Begin();
        Everybody();
        Apart();
        Everybody();
        Decide();
        Everybody();
    }

    // One device lays out what all know.
    private void Begin()
    {
        Do(story.Desk, v => v.PutObject(Stock, "lamp", Json("""{"name":"Lampe","price":{"eur":12.50,"usd":13},"shelf":"A","tall":true,"notes":["old",1],"a/b~c":null}""")));
        Do(story.Desk, v => v.PutObject(Stock, "chair", Json("""{"name":"chair","shelf":"B","text":""" + "\"" + new string('t', 100) + "\"}"), new Metadata().With("user.tag", "wood")));
        Do(story.Desk, v => v.PutObject(Stock, "box", Json("""{"size":{"w":1,"h":2}}""")));
        Do(story.Desk, v => v.Increment(Stock, "visits", [new("/today", 5), new("/total", 100)]));
        Do(story.Desk, v => v.ChangeSet(Stock, "tags", "/all", [Json("\"red\""), Json("\"green\""), Json("\"größer\"")], []));
        Do(story.Desk, v => v.Put(Stock, "whole", new MemoryStream(Encoding.UTF8.GetBytes("""{"a":1,"list":["x"]}"""))));
        foreach (string name in new[] { "drafts/one", "drafts/two", "drafts/three", "drafts-kept" }) story.Put(story.Desk, name, "of the desk");
        Do(story.Desk, v => v.Patch(Stock, "draft", Fields(("/a", "1"), ("/b", "1"))));
        Do(story.Desk, v => v.Increment(Stock, "draft", [new("/n", 3)]));
        Policy(story.Desk, ("/default", "\"last-writer-wins\""), ("/name", "\"Lager\""));
    }

    private void Apart()
    {
        Do(story.Desk, v => v.Patch(Stock, "lamp", Fields(("/shelf", "\"C\""))));
        Do(story.Laptop, v => v.Patch(Stock, "lamp", Fields(("/price/eur", "11"))));
        Do(story.Phone, v => v.Patch(Stock, "lamp", Fields(("/shelf", "\"D\""), ("/tall", null)))); // /shelf: open in the end
        Do(story.Laptop, v => v.PutObject(Stock, "chair", Json("""{"name":"Stuhl","shelf":"B"}""")));
        Do(story.Phone, v => v.Patch(Stock, "chair", Fields(("/shelf", "\"E\""))));
        Do(story.Desk, v => v.Patch(Stock, "box", Fields(("/size", "3"))));
        Do(story.Phone, v => v.Patch(Stock, "box", Fields(("/size/h", "4"))));
        Do(story.Laptop, v => v.Increment(Stock, "visits", [new("/today", 7)]));
        Do(story.Phone, v => v.Increment(Stock, "visits", [new("/today", -2), new("/total", 1)]));
        Do(story.Desk, v => v.SetCounter(Stock, "visits", "/today", 1_000));
        Do(story.Laptop, v => v.ChangeSet(Stock, "tags", "/all", [], [Json("\"red\"")]));
        Do(story.Phone, v => v.ChangeSet(Stock, "tags", "/all", [Json("\"red\""), Json("\"blue\"")], []));
        Do(story.Laptop, v => v.ChangeSet(Stock, "whole", "/list", [Json("\"y\"")], []));
        Do(story.Phone, v => v.Increment(Stock, "whole", [new("/a", 1)]));
        story.Put(story.Phone, "drafts/two", "edited on the phone");
        Do(story.Desk, v => v.RemoveTree("items", "drafts/"));
        story.Put(story.Laptop, "drafts/four", "not seen");
        story.Put(story.Laptop, "drafts/both", "written apart");
        story.Put(story.Desk, "drafts/both", "and taken");
        Do(story.Desk, v => v.RemoveTree("items", "drafts/b"));
        story.Time.Milliseconds += 10;
        story.Phone.Vault.Delete(Stock, ["draft"]);
        Policy(story.Laptop, ("/default", "\"manual\""));
        Policy(story.Phone, ("/default", "\"field-merge\""));
    }

    // Two settle what was open in one counter; one decides in a field of another item, which stays open in the lamp.
    private void Decide()
    {
        Do(story.Desk, v => v.SetCounter(Stock, "visits", "/total", 200));
        Do(story.Laptop, v => v.SetCounter(Stock, "visits", "/total", 300));
        Do(story.Desk, v => v.Patch(Stock, "chair", Fields(("/color", "\"red\""))));
        Do(story.Phone, v => v.Patch(Stock, "chair", Fields(("/color", "\"blue\""))));
        Everybody();
        Do(story.Phone, v => v.SetCounter(Stock, "visits", "/total", 250));
        var chair = story.Laptop.Vault.Find(Stock, "chair")!;
        var color = chair.Find("/color")!;
        Do(story.Laptop, v => v.Resolve(Stock, "chair", VersionId.Of(color.Heads.Single(h => h != color.First).Dot)));
        Do(story.Desk, v => v.Increment(Stock, "visits", [new("/total", 1)]));
    }

    private void Everybody()
    {
        story.Sync(story.Laptop, story.Desk);
        story.Sync(story.Phone, story.Desk);
        story.Sync(story.Laptop, story.Desk);
    }

    private void Policy(SeededVault device, params (string Path, string Json)[] fields) => story.Write(device, Stock, "", state =>
        StructuredWrites.Patch(state, Stock, "", fields.ToDictionary(f => f.Path, f => (ItemValue?)ItemValue.FromBytes(Json(f.Json)))) with { Kind = OperationKind.Policy });

    private void Do(SeededVault device, Action<Engine.Vaults.Vault> act)
    {
        story.Time.Milliseconds += 10;
        act(device.Vault);
    }

    private static Dictionary<string, ReadOnlyMemory<byte>?> Fields(params (string Path, string? Json)[] fields) =>
        fields.ToDictionary(f => f.Path, f => f.Json is null ? (ReadOnlyMemory<byte>?)null : Json(f.Json));

    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes(text);
}
