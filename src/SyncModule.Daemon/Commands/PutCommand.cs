using System.CommandLine;
using SyncModule.Core.Model;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>put VAULT KEY (--file F | --value TEXT | -)</summary>
internal sealed class PutCommand : VaultCommand
{
    private readonly Argument<string> _key = ItemArguments.Key();
    private readonly Argument<string?> _input = new("-") { Description = "Read the value from standard input.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _file = new("--file") { Description = "The value is the content of this file.", HelpName = "F" };
    private readonly Option<string?> _value = new("--value") { Description = "The value itself. Others on this machine can see it while the command runs: use - for secrets.", HelpName = "TEXT" };
    private readonly Option<string[]> _metadata = new("--meta") { Description = "Keep k=v beside the value; may be repeated.", HelpName = "k=v", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
    private readonly Option<string> _collection = ItemArguments.Collection();

    public PutCommand()
        : base("put", "Store one item.", "mirord put ~/vault notes/todo --value 'buy milk' --key-file ~/vault.key", "pass show mail | mirord put ~/vault secrets/mail -", "mirord put ~/vault photos/cat.jpg --file cat.jpg --meta tag=cat")
    {
        Arguments.Add(_key);
        Arguments.Add(_input);
        Options.Add(_file);
        Options.Add(_value);
        Options.Add(_metadata);
        Options.Add(_collection);
    }

    protected override void Check(CommandRun run)
    {
        string? input = run.GetOptional(_input);
        if (input is not null && input != "-") throw new CommandFailure(SyncErrors.UsageWrong, "After KEY there is only -, which reads the value from standard input", "Give a value with --value TEXT, --file F or -");
        int sources = (input is null ? 0 : 1) + (run.Get(_file) is null ? 0 : 1) + (run.Get(_value) is null ? 0 : 1);
        if (sources != 1) throw new CommandFailure(SyncErrors.UsageWrong, sources == 0 ? "There is no value" : "There is more than one value", "Give one of --file F, --value TEXT or -");
        ItemName.Check(run.Get(_collection)!);
        ItemName.Check(run.Get(_key));
        _ = MetadataOf(run);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string key = ItemName.Check(run.Get(_key));
        using var source = new InterruptibleStream(OpenSource(run), run.Cancellation);
        var result = vault.Put(run.Get(_collection)!, key, source, MetadataOf(run));
        string commit = result.Commits[0].ToString();
        run.Output.Record(new { key, commit, bytes = source.BytesRead });
        run.Output.Text($"{key}: {Human.Bytes(source.BytesRead)}, commit {Human.Short(commit)}");
        return Task.FromResult(ExitCode.Ok);
    }

    private Stream OpenSource(CommandRun run)
    {
        if (run.Get(_value) is { } text) return new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text), writable: false);
        return run.Get(_file) is { } path ? ValueFile.Open(path) : Console.OpenStandardInput();
    }

    private Metadata? MetadataOf(CommandRun run)
    {
        if (run.Get(_metadata) is not { Length: > 0 } pairs) return null;
        var metadata = new Metadata();
        foreach (string pair in pairs)
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw new CommandFailure(SyncErrors.UsageWrong, "--meta takes k=v", "Write for example --meta tag=cat");
            string name = Metadata.UserPrefix + pair[..equals], value = pair[(equals + 1)..];
            if (System.Text.Encoding.UTF8.GetByteCount(name) > 256 || System.Text.Encoding.UTF8.GetByteCount(value) > 8192)
                throw new CommandFailure(SyncErrors.UsageWrong, "An entry of --meta is too long", "A name has at most 250 bytes, its value at most 8,192");
            metadata.With(name, value);
        }

        return metadata;
    }
}
