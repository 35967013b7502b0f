using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>{"op":"add" or "remove","key":K,"path":PATH,"elements":[VALUE,…]}: elements of a set come, or go.</summary>
internal sealed class ElementsOperation : ApplyOperation
{
    private readonly string _path;
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _elements;
    private readonly bool _come;

    public ElementsOperation(ApplyLine line, bool come)
        : base(line)
    {
        (_path, _come) = (line.Text("path") ?? throw ApplyLine.Invalid("it has no 'path'"), come);
        _elements = line.Elements("elements") is { Count: > 0 } elements ? elements : throw ApplyLine.Invalid("it has no 'elements'");
    }

    public override void AddTo(VaultTransaction transaction, CancellationToken cancellation) => transaction.ChangeSet(Collection, Key!, _path, _come ? _elements : [], _come ? [] : _elements);
}
