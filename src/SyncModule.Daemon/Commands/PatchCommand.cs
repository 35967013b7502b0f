using System.CommandLine;
using System.Text;
using SyncModule.Core.Merging;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>patch VAULT KEY (PATH=TEXT | PATH:=JSON | -)… [--unset PATH]… [--file F]: some fields of an object.</summary>
internal sealed class PatchCommand : PartsCommand
{
    private const int MostBytes = 16 << 20;

    private readonly Argument<string[]> _changes = new("CHANGE")
    {
        Description = """
            PATH=TEXT sets a field to a text, PATH:=JSON to any JSON: /retries:=3, /tags:='["a"]', /on:=true. PATH is a JSON pointer: /name or /address/city.
            Others on this machine can see it while the command runs: for secrets give -, which reads a JSON merge patch (RFC 7396) from standard input.
            """,
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string[]> _unset = new("--unset") { Description = "Remove this field; may be repeated.", HelpName = "PATH", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
    private readonly Option<string?> _file = new("--file") { Description = "A JSON merge patch (RFC 7396): an object with the fields that change, null removes one.", HelpName = "F" };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Write over what is there, also where the policy keeps the first version or waits for a person." };

    public PatchCommand()
        : base("patch", "Change some fields of an object; the others stay, whoever changes them.", "mirord patch ~/vault app/config /url=https://example.net /retries:=3 --key-file ~/vault.key", "mirord patch ~/vault app/config --unset /proxy", "make-changes | mirord patch ~/vault app/config -")
    {
        Arguments.Add(Item);
        Arguments.Add(_changes);
        Options.Add(_unset);
        Options.Add(_file);
        Options.Add(_overwrite);
        Options.Add(Collection);
    }

    protected override void Check(CommandRun run)
    {
        ItemName.Check(run.Get(Item));
        if (Sources(run) == 0 && (run.Get(_unset) ?? []).Length == 0) throw new CommandFailure(SyncErrors.UsageWrong, "There is nothing to change", "Give PATH=TEXT, PATH:=JSON, --unset PATH, --file F or -");
        if (Sources(run) > 1) throw new CommandFailure(SyncErrors.UsageWrong, "Fields come from one source", "Give changes on the line, or --file F, or -");
        if (Sources(run) == 1 && !ReadsInput(run) && run.Get(_file) is null) _ = OnTheLine(run);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string key = ItemName.Check(run.Get(Item));
        var changes = Changes(run);
        foreach (string path in run.Get(_unset) ?? [])
        {
            if (!changes.TryAdd(path, null)) throw SyncErrors.UsageWrong.With($"'{path}' is both set and removed");
        }

        string? commit = CommitOf(vault.Patch(run.Get(Collection)!, key, changes, overwrite: run.Get(_overwrite)));
        run.Output.Record(new { key, commit, set = changes.Count(c => c.Value is not null), unset = changes.Count(c => c.Value is null) });
        run.Output.Text($"{key}: {Told(commit)}");
        return Task.FromResult(ExitCode.Ok);
    }

    private bool ReadsInput(CommandRun run) => run.GetOptional(_changes) is ["-"];

    private int Sources(CommandRun run) => (run.GetOptional(_changes) is { Length: > 0 } ? 1 : 0) + (run.Get(_file) is null ? 0 : 1);

    private Dictionary<string, ReadOnlyMemory<byte>?> Changes(CommandRun run)
    {
        if (Sources(run) == 0) return new(StringComparer.Ordinal);
        if (!ReadsInput(run) && run.Get(_file) is null) return OnTheLine(run);
        using var source = new InterruptibleStream(run.Get(_file) is { } path ? ValueFile.Open(path) : Console.OpenStandardInput(), run.Cancellation);
        var (json, isWhole) = InputStart.Read(source, MostBytes);
        if (!isWhole) throw SyncErrors.ValueTooLarge.With($"The merge patch has more than {MostBytes >> 20} MiB");
        return StructuredItem.MergePatch(json) ?? throw SyncErrors.NotStructured.With("A merge patch is a JSON object");
    }

    private Dictionary<string, ReadOnlyMemory<byte>?> OnTheLine(CommandRun run)
    {
        var changes = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal);
        foreach (string change in run.GetOptional(_changes) ?? [])
        {
            int equals = change.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw new CommandFailure(SyncErrors.UsageWrong, "A change is PATH=TEXT or PATH:=JSON", "Write for example /name=value or /retries:=3");
            bool isJson = change[equals - 1] == ':';
            string path = change[..(isJson ? equals - 1 : equals)];
            byte[] value = isJson ? Encoding.UTF8.GetBytes(change[(equals + 1)..]) : StructuredItem.TextLeaf(change[(equals + 1)..]);
            if (isJson && StructuredItem.LeafOf(value) is null) throw SyncErrors.NotStructured.With($"The value for '{path}' is no JSON; a text is given with {path}=TEXT");
            if (!changes.TryAdd(path, value)) throw SyncErrors.UsageWrong.With($"'{path}' is set twice");
        }

        return changes;
    }
}
