using System.CommandLine;
using SyncModule.Daemon.Applying;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>apply VAULT FILE [--atomic]: the operations of a file's lines as one commit.</summary>
internal sealed class ApplyCommand : VaultCommand
{
    private readonly Argument<string> _file = new("FILE")
    {
        Description = """
            One JSON object a line; - reads them from standard input.
            "collection" may be left out; PATH is a field: /name, /address/city.
            {"op":"put","collection":C,"key":K,"value":TEXT}
               or "base64":BYTES, "file":PATH, "fields":OBJECT for "value";
               also "meta":{NAME:TEXT OR NUMBER}
            {"op":"meta","key":K,"meta":{…}} other metadata, the same value
            {"op":"delete","key":K} the item
            {"op":"rmtree","key":K} the item and all under K/
            {"op":"patch","key":K,"set":{PATH:VALUE,…},"unset":[PATH,…]}
            {"op":"inc","key":K,"path":PATH,"by":N} a counter
            {"op":"set-counter","key":K,"path":PATH,"to":N}
            {"op":"add","key":K,"path":PATH,"elements":[VALUE,…]} to a set
            {"op":"remove","key":K,"path":PATH,"elements":[VALUE,…]}
            {"op":"own","collection":C,"unit":K,"to":DEVICE} a new owner
            """,
    };

    private readonly Option<bool> _atomic = new("--atomic") { Description = "Every replica takes all of it or none, also where one operation is refused there." };

    public ApplyCommand()
        : base("apply", "Make many changes as one commit: all replicas see it whole or not at all.", "mirord apply ~/vault changes.jsonl --key-file ~/vault.key", "make-changes | mirord apply ~/vault - --atomic --json")
    {
        Arguments.Add(_file);
        Options.Add(_atomic);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        ApplyFile lines;
        string path = run.Get(_file);
        using (var source = new InterruptibleStream(path == "-" ? Console.OpenStandardInput() : ValueFile.Open(path), run.Cancellation)) lines = ApplyFile.Read(source);
        using var transaction = vault.Begin(run.Get(_atomic));
        lines.AddTo(transaction, run.Cancellation);
        var result = transaction.Commit();
        run.Output.Record(new { commit = result.Commit?.ToString(), operations = result.Operations, puts = result.Puts, deletes = result.Deletes, atomic = run.Get(_atomic) });
        run.Output.Text(result.Commit is { } commit ? $"{Human.Count(result.Operations, "operation")} in commit {Human.Short(commit.ToString())}" : "Nothing to change.");
        return Task.FromResult(ExitCode.Ok);
    }
}
