using SyncModule.Core.Model;
using SyncModule.Core.Model.Membership;

namespace SyncModule.Core.Tests.Model;

/// <summary>Random graphs against the rules written out by brute force, whatever the order in which the commits come.</summary>
public class MembershipOrderTests
{
    [Fact]
    public void Random_graphs_fold_to_the_naive_members_in_every_order()
    {
        int invalid = 0, joined = 0;
        for (int seed = 0; seed < 1500; seed++)
        {
            var random = new Random(seed);
            var vault = new MembershipBuilder((MembershipPolicy)random.Next(2));
            var commits = Graph(vault, random);
            var (members, valid) = Naive(vault, commits);
            for (int run = 0; run < 3; run++)
            {
                var shuffled = commits.Concat(commits.Where(_ => random.Next(4) == 0)).ToArray();
                random.Shuffle(shuffled);
                var fold = vault.Fold(shuffled);
                Assert.Equal(members, fold.Members.Select(m => (m.Device, m.Name, m.Certificate.Role)));
                Assert.Equal(valid.Order(), commits.Select(c => c.Id).Where(id => fold.StandingOf(id) == MembershipStanding.Valid).Order());
                Assert.Equal(commits.Select(c => c.Id).Where(id => !commits.Any(c => c.Header.Members.Contains(id))).Order(), fold.Heads);
            }

            invalid += commits.Count - valid.Count;
            joined += members.Count;
        }

        Assert.True(invalid > 1500 && joined > 3000 && invalid < joined, $"{invalid} invalid commits, {joined} members");
    }

    private static List<MembershipCommit> Graph(MembershipBuilder vault, Random random)
    {
        var commits = new List<MembershipCommit> { vault.Genesis };
        int count = random.Next(2, 9);
        for (int i = 0; i < count; i++)
        {
            int author = random.Next(2) == 0 ? 0 : random.Next(5);
            // Mostly what an honest author would name: everything its last commit knew and perhaps more; sometimes anything.
            var parents = commits.Where(_ => random.Next(3) == 0).DefaultIfEmpty(commits[random.Next(commits.Count)]).ToList();
            if (commits.LastOrDefault(c => c.Header.Device == MembershipBuilder.Device(author)) is { } last && random.Next(4) > 0 && !parents.Contains(last)) parents.Add(last);
            var adds = Enumerable.Range(0, random.Next(3)).Select(_ => vault.Add(random.Next(1, 7), (DeviceRole)random.Next(3), "n" + random.Next(100)));
            commits.Add(vault.Commit(author, parents, [.. adds]));
        }

        return commits;
    }

    private static (List<(DeviceId, string, DeviceRole)> Members, HashSet<CommitId> Valid) Naive(MembershipBuilder vault, List<MembershipCommit> commits)
    {
        var byId = commits.ToDictionary(c => c.Id);
        HashSet<CommitId> Past(CommitId id)
        {
            var past = new HashSet<CommitId>();
            foreach (var parent in byId[id].Header.Members)
            {
                past.Add(parent);
                past.UnionWith(Past(parent));
            }

            return past;
        }

        int Depth(CommitId id) => byId[id].Header.Members.Count == 0 ? 0 : 1 + byId[id].Header.Members.Max(Depth);

        // The commits were made in causal order, so each one's past is judged before it.
        var valid = new HashSet<CommitId>();
        List<(DeviceId Device, string Name, DeviceRole Role)> Fold(IEnumerable<CommitId> of)
        {
            var adds = new List<(DeviceId Device, string Name, DeviceRole Role)>();
            foreach (var id in of.Where(valid.Contains).OrderBy(Depth).ThenBy(i => i.ToString(), StringComparer.Ordinal))
            {
                foreach (var operation in byId[id].Operations)
                {
                    if (operation is MembershipOperation.Genesis g) adds.Add((g.Certificate.Device, g.Name, g.Certificate.Role));
                    if (operation is MembershipOperation.Add a) adds.Add((a.Certificate.Device, a.Name, a.Certificate.Role));
                }
            }

            return [.. adds.DistinctBy(a => a.Device).OrderBy(a => a.Device)];
        }

        foreach (var commit in commits)
        {
            var past = Past(commit.Id);
            bool fits = commit.Header.Previous.IsZero || Past(commit.Header.Previous).IsSubsetOf(past);
            var author = Fold(past).Where(m => m.Device == commit.Header.Device).ToList();
            bool full = author.Any(a => a.Role != DeviceRole.Keyless);
            bool administrator = author.Any(a => a.Role == DeviceRole.Administrator);
            bool adds = commit.Operations.Any(o => o is MembershipOperation.Add);
            if (commit == vault.Genesis || (fits && full && (!adds || vault.Record.Policy == MembershipPolicy.EveryFullMember || administrator))) valid.Add(commit.Id);
        }

        return (Fold(commits.Select(c => c.Id)), valid);
    }
}
