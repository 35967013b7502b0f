using System.CommandLine;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>put VAULT KEY (--file F | --value TEXT | -)</summary>
internal sealed class PutCommand : VaultCommand
{
    private const int MostObjectBytes = 16 << 20;

    private readonly Argument<string> _key = ItemArguments.Key();
    private readonly Argument<string?> _input = new("-") { Description = "Read the value from standard input.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _file = new("--file") { Description = "The value is the content of this file.", HelpName = "F" };
    private readonly Option<string?> _value = new("--value") { Description = "The value itself. Others on this machine can see it while the command runs: use - for secrets.", HelpName = "TEXT" };
    private readonly Option<string[]> _metadata = new("--meta") { Description = "Keep k=v beside the value; may be repeated.", HelpName = "k=v", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
    private readonly Option<bool> _fields = new("--fields") { Description = "The value is a JSON object: store it field by field, so that two devices may change different fields. Done by itself where the policy is field-merge." };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Write over what is there, also where the policy keeps the first version or waits for a person." };
    private readonly Option<string> _collection = ItemArguments.Collection();

    public PutCommand()
        : base("put", "Store one item.", "mirord put ~/vault notes/todo --value 'buy milk' --key-file ~/vault.key", "pass show mail | mirord put ~/vault secrets/mail -", "mirord put ~/vault photos/cat.jpg --file cat.jpg --meta tag=cat", "mirord put ~/vault app/config --file config.json --fields")
    {
        Arguments.Add(_key);
        Arguments.Add(_input);
        Options.Add(_file);
        Options.Add(_value);
        Options.Add(_metadata);
        Options.Add(_fields);
        Options.Add(_overwrite);
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
        var result = Store(run, vault, key, source);
        string? commit = result.Commits.Count == 0 ? null : result.Commits[0].ToString();
        run.Output.Record(new { key, commit, bytes = source.BytesRead });
        run.Output.Text($"{key}: {Human.Bytes(source.BytesRead)}, {(commit is null ? "no field changed" : "commit " + Human.Short(commit))}");
        return Task.FromResult(ExitCode.Ok);
    }

    private CommitResult Store(CommandRun run, Vault vault, string key, Stream source)
    {
        string collection = run.Get(_collection)!;
        bool fields = run.Get(_fields), overwrite = run.Get(_overwrite);
        if (!fields && !vault.PolicyOf(collection).WritesFields(key)) return vault.Put(collection, key, source, MetadataOf(run), overwrite);
        // An object is read whole; whatever is longer is none that anybody merges by hand.
        var (start, isWhole) = InputStart.Read(source, MostObjectBytes);
        if (isWhole && (fields || StructuredItem.LeavesOf(start) is not null)) return vault.PutObject(collection, key, start, MetadataOf(run), overwrite);
        if (fields) throw SyncErrors.NotStructured.With($"The value has more than {MostObjectBytes} bytes");
        using var all = new PrefixedStream(start, source);
        return vault.Put(collection, key, all, MetadataOf(run), overwrite);
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
