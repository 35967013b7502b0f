using SyncModule.Daemon.Tests.Processes;
using SyncModule.Tests.Shared;

namespace SyncModule.Daemon.Tests.Commands;

public class FolderCommandTests
{
    private static readonly string[] Fields = ["files", "bytes", "newBytes", "skipped", "seconds"];

    [Fact]
    public void A_folder_goes_in_and_comes_out_again()
    {
        using var play = new Playground();
        Directory.CreateDirectory(play.PathOf("in/sub"));
        play.Write("in/a.txt", "alpha");
        play.Write("in/sub/b.txt", "beta!");
        var import = play.Run("import", play.Vault, play.PathOf("in"), "--prefix", "docs", "--json").Ok();
        Assert.Equal([], Fields.Except(import.Summary.EnumerateObject().Select(p => p.Name), StringComparer.Ordinal));
        Assert.Single(import.Lines);
        Assert.Equal((2, 10, 10), (import.Summary.GetProperty("files").GetInt32(), import.Summary.GetProperty("bytes").GetInt32(), import.Summary.GetProperty("newBytes").GetInt32()));
        Assert.Equal(2, play.Run("import", play.Vault, play.PathOf("in"), "--prefix", "docs", "--json").Ok().Summary.GetProperty("skipped").GetInt32());
        Assert.Equal(["docs/a.txt", "docs/sub/b.txt"], play.Run("ls", play.Vault, "--json").Ok().Lines.Select(l => l.GetProperty("key").GetString()));
        var export = play.Run("export", play.Vault, play.PathOf("out"), "--prefix", "docs", "--json").Ok();
        Assert.Equal([], Fields.Except(export.Summary.EnumerateObject().Select(p => p.Name), StringComparer.Ordinal));
        Assert.Equal("beta!", File.ReadAllText(play.PathOf("out/sub/b.txt")));
        play.Run("import", play.Vault, play.PathOf("absent")).Failed("FileNotFound");
    }

    [UnixTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Files_that_cannot_be_taken_are_listed_and_the_exit_code_says_so(bool json)
    {
        using var play = new Playground();
        Directory.CreateDirectory(play.PathOf("in"));
        play.Write("in/good", "good");
        // A name that is no UTF-8 can be made and removed by a shell only.
        Shell(play, "printf bad > \"$0/$(printf 'x\\377y')\"");
        var result = json ? play.Run("import", play.Vault, play.PathOf("in"), "--json") : play.Run("import", play.Vault, play.PathOf("in"));
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.Equal("good", play.Run("get", play.Vault, "good").Ok().Text);
        if (json) Assert.Equal(1, result.Summary.GetProperty("problems").GetArrayLength());
        Shell(play, "rm \"$0\"/x*");
    }

    private static void Shell(Playground play, string line)
    {
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", line, play.PathOf("in") } })!;
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }
}
