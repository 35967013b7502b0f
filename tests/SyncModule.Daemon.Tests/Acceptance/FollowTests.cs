namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>Two processes stay connected; what a third one writes to either vault arrives in the other.</summary>
public class FollowTests
{
    [Fact]
    public void What_another_process_puts_arrives_at_the_peer_both_ways()
    {
        using var group = new MachineGroup();
        var laptop = group.Joined("laptop");
        using var serving = group.Desk.Serve();
        using var following = laptop.Start("follow", serving.Address);
        group.Desk.Put("from the desk", "1");
        Arrives(laptop, "from the desk", "1", following);
        laptop.Put("from the laptop", "2");
        Arrives(group.Desk, "from the laptop", "2", following);
        group.Desk.Put("once more", "3");
        Arrives(laptop, "once more", "3", following);
        Assert.Equal(group.Desk.FullDigest(), laptop.FullDigest());
    }

    [Fact]
    public void Following_goes_on_with_a_peer_that_was_away_in_the_meantime()
    {
        using var group = new MachineGroup();
        var laptop = group.Joined("laptop");
        string address;
        RunningMirord following;
        using (var serving = group.Desk.Serve())
        {
            address = serving.Address;
            following = laptop.Start("follow", address);
            group.Desk.Put("before", "1");
            Arrives(laptop, "before", "1", following);
            serving.Kill();
        }

        using (following)
        {
            group.Desk.Put("while it was away", "2");
            laptop.Put("from the laptop meanwhile", "3");
            using var back = group.Desk.Serve(address);
            Arrives(laptop, "while it was away", "2", following);
            Arrives(group.Desk, "from the laptop meanwhile", "3", following);
            group.Desk.Put("afterwards", "4");
            Arrives(laptop, "afterwards", "4", following);
            Assert.Equal(group.Desk.FullDigest(), laptop.FullDigest());
        }
    }

    private static void Arrives(Machine machine, string key, string value, RunningMirord following)
    {
        Poll.Until(() => machine.Run("ls", key, "--json").Ok().Text.Contains("\"Here\"", StringComparison.Ordinal) || following.HasExited, key);
        Assert.False(following.HasExited);
        Assert.Equal(value, machine.Get(key));
    }
}
