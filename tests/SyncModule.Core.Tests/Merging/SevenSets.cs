using System.Globalization;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using static System.Text.Encoding;

namespace SyncModule.Core.Tests.Merging;

/// <summary>
/// Sets of seven operations, a line each. An operation is DEVICE VERB ITEM WHAT, then perhaps &lt;i,j (the commits that its device receives
/// before it writes, with all that they depend on) and @time (else 100, 110, …). A device always has its own. Honest programs write them: each is built by the product over what its device sees.
/// <code>
/// put k v   del k   res k 2 (choose the version of operation 2)   base k v 0,1 (put that replaces these and no other)
/// patch k /a=1,/b= (= nothing: the field goes)   inc k /n=5   set k /n=10   add k /t x,y   rem k /t x   tree prefix   pol - /p=v
/// </code>
/// </summary>
internal static class SevenSets
{
    public const int Operations = 7;

    /// <summary>Tells one line.</summary>
    public static Story Tell(string line)
    {
        var story = new Story();
        foreach (string told in line.Split(';', StringSplitOptions.TrimEntries)) One(story, told);
        return story;
    }

    private static void One(Story story, string told)
    {
        string[] words = told.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        char device = words[0][0];
        ulong time = 100 + (10 * (ulong)story.Commits.Count);
        var plain = new List<string>();
        foreach (string word in words.Skip(1))
        {
            if (word[0] == '<') story.Deliver(device, [.. Numbers(word[1..]).Select(i => story.Commits[i])]);
            else if (word[0] == '@') time = ulong.Parse(word[1..], CultureInfo.InvariantCulture);
            else plain.Add(word);
        }

        story.Write(device, time, Make(story, device, plain[0], plain[1], plain.ElementAtOrDefault(2) ?? "", plain.ElementAtOrDefault(3) ?? ""));
    }

    private static Operation Make(Story story, char device, string verb, string key, string what, string more)
    {
        var state = story.Replica(device).State(verb == "pol" ? "" : key);
        var fields = Fields(what);
        return verb switch
        {
            "put" => Writes.Put(state, Story.Collection, key, Story.Text(what)),
            "base" => Writes.Put(state, Story.Collection, key, Story.Text(what), baseHeads: [.. Numbers(more).Select(i => DotOf(story, i))]),
            "del" => Writes.Delete(state!),
            "res" => Writes.Resolve(state!, DotOf(story, int.Parse(what, CultureInfo.InvariantCulture))),
            "patch" => StructuredWrites.Patch(state, Story.Collection, key, fields.ToDictionary(f => f.Path, f => f.Value.Length == 0 ? null : (ItemValue?)Story.Text(f.Value))),
            "inc" => StructuredWrites.Increment(Story.Collection, key, fields.Select(f => new Increment(f.Path, long.Parse(f.Value, CultureInfo.InvariantCulture)))),
            "set" => StructuredWrites.SetCounter(state, Story.Collection, key, fields[0].Path, long.Parse(fields[0].Value, CultureInfo.InvariantCulture)),
            "add" => StructuredWrites.Add(state, Story.Collection, key, what, Elements(more)),
            "rem" => StructuredWrites.Remove(state, Story.Collection, key, what, Elements(more)) ?? throw new InvalidOperationException("Nothing to remove."),
            "tree" => StructuredWrites.RemoveTree(Story.Collection, key == "-" ? "" : key, story.Seen(device)),
            "pol" => Policy(state, fields),
            _ => throw new ArgumentException("No verb: " + verb, nameof(verb)),
        };
    }

    private static Operation Policy(KeyState? state, List<(string Path, string Value)> fields) =>
        StructuredWrites.Patch(state, Story.Collection, "", fields.ToDictionary(f => f.Path, f => (ItemValue?)Story.Text(f.Value))) with { Kind = OperationKind.Policy };

    private static Dot DotOf(Story story, int number) => story.Commits[number].Operations[0].Origin.Dot;

    private static IEnumerable<int> Numbers(string list) => list.Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture));

    private static List<(string Path, string Value)> Fields(string list) =>
        [.. list.Split(',').Where(f => f.Contains('=', StringComparison.Ordinal)).Select(f => f.Split('=')).Select(f => (f[0], f[1]))];

    private static IEnumerable<ReadOnlyMemory<byte>> Elements(string list) => list.Split(',').Select(e => new ReadOnlyMemory<byte>(UTF8.GetBytes(e)));

    public static IReadOnlyList<string> All { get; } =
    [
        // Whole values
        "A put k 1; B put k 2; C put k 3; A put k 4 <1; B put k 5 <2; C del k <3,4; A put k 6 <5",
        "A put k 1; B put k 2 <0; C put k 3 <0; A del k <1; B del k <2; C put k 4; A put k 5 <4",
        "A put k 1; B put k 2; A res k 0 <1; B res k 1 <0; C put k 3 <2,3; D put k 4; A res k 4 <4,5",
        "A put k 1 @500; B put k 2 @500; C put k 2 @500; D put k 1 @500; A put k 5 <1,2 @1; B put k 5 <3 @1; C put k 6 <4,5 @1",
        "A put k 1; B base k 2 0 <0; C base k 3 0 <0; D base k 4 0,1 <0,1; A put k 5 <2; B put k 6 <3; C put k 7 <4,5",
        "A put a 1; A put b 2; B put a 3 <1; C put b 4 <1; B put b 5 <3; C del a <2; A put a 6 <4,5",
        // Fields
        "A patch k /a=1,/b=1; B patch k /a=2 <0; C patch k /b=3 <0; A patch k /a=4; B patch k /c=5 <3; C del k <1; A patch k /a=9 <5",
        "A patch k /a=1,/b=1; A patch k /a=2; B patch k /b=3 <0; C patch k /a=4,/b= <0; A del k <2; B patch k /a=5 <3; C patch k /b=6 <4,5",
        "A patch k /v=1; B patch k /v/x=1 <0; C patch k /v/y=2 <0; A patch k /v=3; B patch k /v/x= <2; C patch k /v=4 <3; D patch k /v/z=5 <4,5",
        "A patch k /a=1; B patch k /a=2; C patch k /a=3; A res k 1 <1,2; B res k 2 <0,2; C patch k /a=4 <3; D patch k /a=5 <4,5",
        "A put k whole; B patch k /a=1 <0; C patch k /a=2 <0; A put k again <1; B patch k /b=3 <2; C del k <3; D patch k /a=4 <4,5",
        "A patch k /a=1,/b=1,/c=1; A patch k /a=2; A patch k /b=2; B patch k /c=3 <1; C res k 0 <2; B put k whole <2; C patch k /a=7 <5",
        "A patch k /a=1 @900; B patch k /a=2 <0 @1; C patch k /a=3 <0 @1; A patch k /a=4 <1 @2; B patch k /a=4 <2 @2; C del k <3 @3; D patch k /b=1 <4,5 @3",
        "A patch a /x=1; B patch b /x=1; C patch a /x=2 <0; A patch b /x=3 <1; B patch a /y=4 <2; C del b <3; D patch b /z=1 <4,5",
        "A patch k /a=1; B del k <0; C patch k /b=2 <0; A patch k /c=3 <1; B put k w <2; C patch k /a=4 <3; D res k 4 <4,5",
        "A patch k /a=1,/b=1; B patch k /a=,/b= <0; C patch k /a=2 <0; D patch k /b=3 <0; A patch k /a=5 <1,2; B patch k /b=6 <1,3; C del k <4,5",
        // Counters
        "A inc k /n=1; B inc k /n=2; C inc k /n=4; A inc k /n=8; B inc k /n=16; C inc k /n=32,/m=1; D inc k /n=-63 <3,4,5",
        "A inc k /n=5; B set k /n=10 <0; C inc k /n=1 <0; A inc k /n=2; B inc k /n=3; C set k /n=7 <3; A set k /n=0 <4,5",
        "A set k /n=1; B set k /n=2; C set k /n=3; A inc k /n=1 <1; B set k /n=9 <0,2; C set k /n=8 <0,1; D set k /n=5 <3,4,5",
        "A patch k /n=40; B inc k /n=2 <0; C inc k /n=3; A set k /n=50 <1; B patch k /n=60 <2; C del k <3; D inc k /n=1 <4,5",
        "A inc k /n=5; B del k <0; C inc k /n=2 <0; A set k /n=1 <1; B inc k /n=4; C del k <3; D set k /n=9 <4,5",
        "A inc k /n=1; A inc k /n=2; A set k /n=7; B inc k /n=3 <0; B inc k /n=4 <1; C set k /n=5 <3; C inc k /n=6 <2,4",
        "A inc a /n=1; B inc b /n=1; C inc a /n=2,/m=2 <0; A inc b /n=3 <1; B set a /m=4 <2; C set b /n=5 <3; D inc a /m=1 <4,5",
        "A set k /n=5 @900; B set k /n=6 <0 @1; C inc k /n=1 @1; A inc k /n=1 @1; B set k /n=7 <2 @2; C set k /n=8 <3 @2; D inc k /n=1 <4,5 @0",
        "A inc k /n=1; B put k w <0; C inc k /n=2 <0; A patch k /n=3 <1; B inc k /n=4 <2; C put k x <3; D inc k /n=5 <4,5",
        "A inc k /n=-9007199254740992; B inc k /n=9007199254740992; A inc k /n=-9007199254740992; B set k /n=0 <0,2; C inc k /n=3 <3; A set k /n=1 <4; D inc k /n=4 <5",
        // Sets
        "A add k /t x; B add k /t x; C add k /t y; A rem k /t x <1; B rem k /t x; C add k /t x <3; D rem k /t x <4,5",
        "A add k /t x,y; B rem k /t x <0; C rem k /t y <0; D add k /t x <0; A rem k /t y; B add k /t y <2; C rem k /t x <3",
        "A add k /t x,y,z; A add k /t y; B rem k /t y <0; C rem k /t x,y,z <1; B add k /t w; C add k /t z <2; D rem k /t w,z <4,5",
        "A add k /t x; B put k w <0; C add k /t y <0; A add k /t z; B del k <2; C rem k /t x <3; D add k /t x <4,5",
        "A add k /t x; B add k /u x; C add k /t x <1; A rem k /t x; B add k /u y; C rem k /u x; D put k w <3,4,5",
        "A add k /t x; B patch k /t=1 <0; C add k /t y <0; A add k /t z <1; B rem k /t y <2; C patch k /t=2 <3; D add k /t x <4,5",
        "A add a /t x; B add b /t x; C rem a /t x <0; A add a /t x; B rem b /t x; C add b /t y <1; D rem a /t x <3,4,5",
        "A add k /t x @900; B rem k /t x <0 @1; C add k /t x <0 @1; A rem k /t x @2; B add k /t x @0; C rem k /t x <3 @0; D add k /t x,y <4,5 @0",
        "A add k /t x,y; A add k /t x,y; A add k /t x,y; B rem k /t x <0; C rem k /t y <1; B rem k /t x <2; C add k /t x <5",
        "A add k /t x; B add k /t y <0; C put k v; D put k w; A put k u <2; B put k t; C res k 3 <1,3",
        // Trees
        "A put d/a 1; A put d/b 1; B put d/a 2 <1; C tree d/ <1; B put d/c 3; C put d/a 4 <2; D tree d/ <3,4,5",
        "A put d/a 1; B put d/a 2; A tree d/; B tree d/; C put d/a 3 <2; D del d/a <3; C tree - <5",
        "A put d/a 1; B tree d/ <0; C tree d/a <0; A put d/a 2 <1; B put d/a 3 <2; C del d/a <3; D res d/a 4 <4,5",
        "A patch d/a /x=1,/y=1; B tree d <0; C patch d/a /x=2 <0; A add d/a /t x; B inc d/a /n=1; C tree d/ <1,3; D patch d/a /y=3 <4,5",
        "A add d/a /t x; A add d/a /t y; B tree d/ <0; C rem d/a /t y <1; B add d/a /t z <1; C add d/a /t x <2; D tree - <4,5",
        "A inc d/a /n=1; B tree d/ <0; C inc d/a /n=2; A put d/b 1 <1; B tree d/b <3; C set d/a /n=7 <1; D inc d/a /n=1 <4,5",
        "A tree d/; B put d/a 1; A put d/a 2; C tree d/ <1; D tree d/ <2; C put d/a 3 <4; A tree d/ <3",
        "A put d/a 1; B tree d/ <0 @900; C put d/a 2 <1 @1; A put d/a 3 @2; D tree d/ <3 @1; B res d/a 2 <2,3 @1; C put d/a 5 <4,5 @1",
        "A put a 1; B put ab 1; C tree a <0,1; A put a 2 <2; B tree ab; C put ab 3; D tree - <3,4",
        // Policies, and all together
        "A pol - /p=1; B pol - /p=2; C pol - /q=1 <0; A put k 1; B tree k <3; C pol - /p=3 <1; D pol - /p=4,/q=4 <4,5",
        "A pol - /p=1; B tree - <0; A pol - /p=2 <1; C pol - /p=3 <0; B put k 1; C tree k <4; D pol - /p=5 <2,3,5",
        "A patch k /a=1; B inc k /n=1 <0; C add k /t x <0; A set k /n=5 <1; B rem k /t x <2; C del k <3; D put k w <4,5",
        "A put k 1; B patch k /a=1 <0; C inc k /n=3 <0; D add k /t x <0; A tree k <1,2; B res k 1 <3; C patch k /n=5 <4",
        "A patch k /a=1,/t=1; B add k /t x <0; C set k /t=5 <0; D inc k /t=2 <0; A rem k /t x <1; B patch k /t/u=1 <2; C del k <3,4",
    ];
}
