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
