using SyncModule.Core.Model;

namespace SyncModule.Core.Tests.Protocol;

/// <summary>What replicas hold before a session.</summary>
internal static class Contents
{
    /// <summary>Two members of one vault without data.</summary>
    public static (FakeReplica A, FakeReplica B) Founded()
    {
        var (a, b) = (new FakeReplica(0), new FakeReplica(1));
        FakeReplica.Found(a, b);
        return (a, b);
    }

    public static (FakeReplica A, FakeReplica B) Small()
    {
        var (a, b) = Founded();
        a.Write([a.AddObject([1, 2, 3]), a.AddObject([4])]);
        var large = new byte[SyncModule.Core.Protocol.SessionLimits.SmallObject + 1];
        b.Write([b.AddObject([5, 6]), b.AddObject(large)]);
        return (a, b);
    }

    /// <summary>A shared past, commits of both and of third devices on either side, objects of odd sizes, some of them lost on one side.</summary>
    public static (FakeReplica A, FakeReplica B) Random(int seed)
    {
        var random = new Random(seed);
        var (a, b) = Founded();
        for (int i = random.Next(6); i > 0; i--) Share(a, b, Write(a, random, null));
        for (int i = random.Next(6); i > 0; i--) Share(b, a, Write(b, random, null));
        for (int log = 0; log < random.Next(4); log++)
        {
            // A third device's log, of which each side holds a different length.
            for (int i = random.Next(9); i > 0; i--)
            {
                var id = Write(a, random, FakeReplica.Log("third", log));
                if (random.Next(3) > 0 && Linked(b, a, id)) Share(a, b, id);
            }
        }

        for (int i = random.Next(30); i > 0; i--) Write(random.Next(2) == 0 ? a : b, random, null);
        return (a, b);
    }

    private static CommitId Write(FakeReplica replica, Random random, LogId? log)
    {
        var objects = new List<ObjectAddress>();
        for (int i = random.Next(4); i > 0; i--)
        {
            var bytes = new byte[random.Next(3) == 0 ? 65_537 + random.Next(90_001) : 1 + random.Next(999)];
            random.NextBytes(bytes);
            objects.Add(replica.AddObject(bytes));
        }

        return replica.Write(objects, salt: random.Next(), log: log);
    }

    private static bool Linked(FakeReplica to, FakeReplica from, CommitId id)
    {
        var header = Commit.Decode(from.CommitsById([id])[0].Record).Header;
        return header.Previous.IsZero || to.CommitsById([header.Previous]).Count > 0;
    }

    // The commit alone: its objects are missed until a session brings them.
    private static void Share(FakeReplica from, FakeReplica to, CommitId id) => to.Store(from.CommitsById([id]));
}
