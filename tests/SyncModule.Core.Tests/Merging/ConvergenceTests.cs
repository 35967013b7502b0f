using FsCheck;
using FsCheck.Fluent;

namespace SyncModule.Core.Tests.Merging;

public class ConvergenceTests
{
    // More by SYNCMODULE_CASES, or a million by tests/large.sh convergence; the seeds of a failure are in its message.
    private static int Cases(int usual) => int.TryParse(Environment.GetEnvironmentVariable("SYNCMODULE_CASES"), out int cases) ? cases : usual;

    [Fact]
    public void Any_delivery_order_ends_in_the_bytes_of_the_naive_model()
    {
        int cases = Cases(20_000);
        var facts = Enumerable.Range(0, cases).Select(ConvergenceChecks.AnyOrder).Aggregate((a, b) => a.Plus(b));
        Assert.True(4 * facts.WithRecords >= cases && 20 * facts.ByPolicy >= cases && 20 * facts.Refused >= cases, $"of {cases} histories: {facts}");
    }

    // The same by properties: what fails is shrunk to a history with few operations, which the seeds of the other tests cannot be.
    [Fact]
    public void Histories_that_are_drawn_number_by_number_hold_all_laws_and_shrink()
    {
        var facts = new CaseFacts(0, 0, 0);
        var draws = Gen.Choose(0, 1 << 16).ArrayOf().Resize(600);
        Prop.ForAll(Arb.From(draws, ArbMap.Default.ArbFor<int[]>().Shrinker), numbers =>
        {
            facts = facts.Plus(ConvergenceChecks.All(numbers.Length, new RandomHistory(new Choices(numbers)), new RandomHistory(new Choices(numbers), owners: false)));
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases(2_000)));
        Assert.True(facts.WithRecords > 0 && facts.ByPolicy > 0 && facts.Refused > 0 && facts.Hidden > 0 && facts.Objects > 0, $"{facts}");
    }

    [Fact]
    public void A_part_of_the_history_gives_the_state_of_that_part()
    {
        for (int seed = 0; seed < Cases(3_000); seed++) ConvergenceChecks.Part(seed);
    }

    [Fact]
    public void Join_of_two_folds_is_the_fold_of_both()
    {
        for (int seed = 0; seed < Cases(5_000); seed++) ConvergenceChecks.JoinIsFold(seed);
    }

    [Fact]
    public void Join_is_commutative_associative_and_idempotent()
    {
        for (int seed = 0; seed < Cases(3_000); seed++) ConvergenceChecks.JoinLaws(seed);
    }

    [Fact]
    public void Items_show_what_the_naive_model_says_under_trees_and_policies()
    {
        for (int seed = 0; seed < Cases(3_000); seed++) ConvergenceChecks.Shows(seed);
    }

    [Fact]
    public void Trees_hide_what_their_author_had_seen_and_nothing_else()
    {
        int hidden = Enumerable.Range(0, Cases(3_000)).Sum(ConvergenceChecks.TreesHide);
        Assert.True(hidden > 100, $"only {hidden} heads were hidden");
    }
}
