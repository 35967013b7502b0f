using SyncModule.Engine.Vaults;

namespace SyncModule.Daemon.Applying;

/// <summary>{"op":"inc","key":K,"path":PATH,"by":NUMBER}: a counter grows, by 1 where nothing is said.</summary>
internal sealed class IncrementOperation(ApplyLine line) : ApplyOperation(line)
{
    private readonly string _path = line.Text("path") ?? throw ApplyLine.Invalid("it has no 'path'");
    private readonly long _by = line.Number("by") ?? 1;

    public override void AddTo(VaultTransaction transaction, CancellationToken cancellation) => transaction.Increment(Collection, Key!, [new(_path, _by)]);
}

/// <summary>{"op":"set-counter","key":K,"path":PATH,"to":NUMBER}</summary>
internal sealed class SetCounterOperation(ApplyLine line) : ApplyOperation(line)
{
    private readonly string _path = line.Text("path") ?? throw ApplyLine.Invalid("it has no 'path'");
    private readonly long _to = line.Number("to") ?? throw ApplyLine.Invalid("it has no 'to'");

    public override void AddTo(VaultTransaction transaction, CancellationToken cancellation) => transaction.SetCounter(Collection, Key!, _path, _to);
}
