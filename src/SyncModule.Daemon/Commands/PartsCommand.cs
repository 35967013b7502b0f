using System.CommandLine;
using System.Text.Json.Nodes;
using SyncModule.Core.Merging;
using SyncModule.Daemon.CommandLine;
using SyncModule.Daemon.Output;
using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Commands;

/// <summary>A command that changes a part of one item and leaves the others to whoever else changes them.</summary>
internal abstract class PartsCommand(string name, string description, params string[] examples) : VaultCommand(name, description, examples)
{
    protected Argument<string> Item { get; } = ItemArguments.Key();

    protected Option<string> Collection { get; } = ItemArguments.Collection();

    protected static Argument<string> Path() => new("PATH") { Description = "The field, as a JSON pointer: /name or /address/city." };

    /// <summary>Tells what became of it: the commit, or that nothing had to be changed.</summary>
    protected static string? CommitOf(CommitResult result) => result.Commits.Count == 0 ? null : result.Commits[0].ToString();

    protected static string Told(string? commit) => commit is null ? "nothing changed" : "commit " + Human.Short(commit);

    /// <summary>What shows at a field now; null where nothing does.</summary>
    protected static JsonNode? Shown(Vault vault, string collection, string key, string path) =>
        vault.Find(collection, key) is { IsAlive: true } item && StructuredItem.IsStructured(item) ? StructuredItem.NodeAt(StructuredItem.ToJson(item, value => Vault.Whole(vault, value)), path) : null;
}
