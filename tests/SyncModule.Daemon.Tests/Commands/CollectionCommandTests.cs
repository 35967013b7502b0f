using SyncModule.Daemon.Tests.Processes;

namespace SyncModule.Daemon.Tests.Commands;

/// <summary>Policies and owners of collections from the command line.</summary>
public class CollectionCommandTests
{
    [Fact]
    public void A_record_has_an_owner_and_a_stranger_cannot_be_one()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "disk1/size", "--value", "100", "--collection", "volumes").Ok();
        var owned = play.Run("collection", "own", play.Vault, "volumes", "--unit", "disk1", "--json").Ok().Summary;
        Assert.True(owned.GetProperty("changed").GetBoolean());
        Assert.Equal("disk1", owned.GetProperty("unit").GetString());
        Assert.Contains("already", play.Run("collection", "own", play.Vault, "volumes", "--unit", "disk1").Ok().Text, StringComparison.Ordinal);
        play.Run("put", play.Vault, "disk1/size", "--value", "200", "--collection", "volumes").Ok();
        Assert.Equal("200", play.Run("get", play.Vault, "disk1/size", "--collection", "volumes").Ok().Text);
        play.Run("collection", "own", play.Vault, "volumes", "--unit", "disk1", "--to", "nobody").Failed("NotAMember");
        Assert.Equal("disk1", play.Run("collection", "owners", play.Vault, "volumes", "--json").Ok().Summary.GetProperty("unit").GetString());
    }

    [Fact]
    public void Under_the_policy_owned_who_writes_a_record_owns_it()
    {
        using var play = new Playground();
        play.Run("collection", "set", play.Vault, "volumes", "--policy", "owned").Ok();
        play.Run("put", play.Vault, "disk1/size", "--value", "100", "--collection", "volumes").Ok();
        var owned = play.Run("collection", "owners", play.Vault, "volumes", "--json").Ok().Summary;
        Assert.Equal(("disk1", "desk"), (owned.GetProperty("unit").GetString(), owned.GetProperty("owner").GetString()));
        Assert.Contains("owned", play.Run("collection", "list", play.Vault).Ok().Text, StringComparison.Ordinal);
        play.Run("resolve", play.Vault, "", "--collection", "volumes", "--select", "abcd").Failed("NothingToResolve");
    }

    [Fact]
    public void The_history_of_what_went_with_a_tree_says_so_and_it_can_be_restored()
    {
        using var play = new Playground();
        play.Run("put", play.Vault, "a/1", "--value", "x").Ok();
        play.Run("rm", play.Vault, "a", "--recursive").Ok();
        Assert.Contains("deleted with all under a/, the latest", play.Run("history", play.Vault, "a/1").Ok().Text, StringComparison.Ordinal);
        string version = play.Run("history", play.Vault, "a/1", "--json").Ok().Summary.GetProperty("id").GetString()!; // the last line is the oldest
        play.Run("restore", play.Vault, "a/1", "--version", version).Ok();
        Assert.Equal("x", play.Run("get", play.Vault, "a/1").Ok().Text);
    }

    [Fact]
    public void A_field_that_stays_here_is_shown_and_not_stored_with_the_others()
    {
        using var play = new Playground();
        Assert.Equal("/path", play.Run("collection", "set", play.Vault, "locations", "--local", "/path", "--json").Ok().Summary.GetProperty("local")[0].GetString());
        play.Run("put", play.Vault, "l", "--value", """{"name":"n","path":"/here"}""", "--collection", "locations").Ok();
        Assert.Equal("""{"name":"n","path":"/here"}""", play.Run("get", play.Vault, "l", "--collection", "locations").Ok().Text);
        Assert.Equal("""{"name":"n"}""", play.Run("get", play.Vault, "l", "--collection", "locations", "--at", DateTimeOffset.UtcNow.AddMinutes(1).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture)).Ok().Text);
        play.Run("increment", play.Vault, "l", "/path/n", "--collection", "locations").Failed("FieldStaysLocal");
    }

    [Fact]
    public void A_policy_is_set_and_listed()
    {
        using var play = new Playground();
        play.Run("collection", "set", play.Vault, "secrets", "--policy", "first-writer-wins").Ok();
        play.Run("put", play.Vault, "k", "--value", "1", "--collection", "secrets").Ok();
        play.Run("put", play.Vault, "k", "--value", "2", "--collection", "secrets").Failed("ItemExists");
        Assert.Equal("1", play.Run("get", play.Vault, "k", "--collection", "secrets").Ok().Text);
        Assert.Contains("first-writer-wins", play.Run("collection", "list", play.Vault).Ok().Text, StringComparison.Ordinal);
        play.Run("collection", "set", play.Vault, "secrets", "--policy", "newest-wins").Failed("PolicyInvalid");
    }
}
