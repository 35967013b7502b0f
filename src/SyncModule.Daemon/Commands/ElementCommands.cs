using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using SyncModule.Core.Merging;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>element add|remove VAULT KEY PATH ELEMENT…: elements of a set come or go one by one.</summary>
internal abstract class ElementCommand : PartsCommand
{
    private readonly Argument<string> _path = Path();
    private readonly Argument<string[]> _elements = new("ELEMENT") { Description = "A text, or with --as-json any JSON; several may follow.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _asJson = new("--as-json") { Description = "The elements are JSON: 3, true, '{\"id\":1}'." };
    private readonly bool _come;

    protected ElementCommand(string name, bool come, string description, params string[] examples)
        : base(name, description, examples)
    {
        _come = come;
        Arguments.Add(Item);
        Arguments.Add(_path);
        Arguments.Add(_elements);
        Options.Add(_asJson);
        Options.Add(Collection);
    }

    protected override Task<int> RunAsync(CommandRun run, Vault vault)
    {
        string collection = run.Get(Collection)!, key = ItemName.Check(run.Get(Item)), path = run.Get(_path);
        var elements = run.Get(_elements).Select(e => (ReadOnlyMemory<byte>)(run.Get(_asJson) ? Encoding.UTF8.GetBytes(e) : StructuredItem.TextLeaf(e))).ToList();
        string? commit = CommitOf(vault.ChangeSet(collection, key, path, _come ? elements : [], _come ? [] : elements));
        int count = (Shown(vault, collection, key, path) as JsonArray)?.Count ?? 0;
        run.Output.Record(new { key, path, count, commit });
        run.Output.Text($"{key} {path}: {Human.Count(count, "element")}, {Told(commit)}");
        return Task.FromResult(ExitCode.Ok);
    }
}

/// <summary>element add VAULT KEY PATH ELEMENT…</summary>
internal sealed class ElementAddCommand() : ElementCommand("add", come: true, "Add elements to the set at a field; who adds others at the same time elsewhere is not lost.",
    "mirord element add ~/vault photos/cat /tags animal indoor --key-file ~/vault.key", "mirord element add ~/vault app/config /ports 8080 --as-json");

/// <summary>element remove VAULT KEY PATH ELEMENT…</summary>
internal sealed class ElementRemoveCommand() : ElementCommand("remove", come: false, "Take elements out of the set at a field; an addition that is not here yet stays.", "mirord element remove ~/vault photos/cat /tags indoor --key-file ~/vault.key");
