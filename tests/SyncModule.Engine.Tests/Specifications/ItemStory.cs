using SyncModule.Core.Merging;
using SyncModule.Core.Model;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>
/// One item's operations as examples tell them: device and commit are a letter ("a" is the smaller device), so that who wins can be
/// seen. Everything about an operation stands in its dot, origin and bytes.
/// </summary>
internal sealed class ItemStory
{
    private readonly List<(Operation Operation, OperationOrigin Origin)> _operations = [];

    public IReadOnlyList<(Operation Operation, OperationOrigin Origin)> Operations => _operations;

    public KeyState State { get; private set; } = null!;

    public static OperationOrigin Origin(char device, int number, ulong time)
    {
        var id = new CommitId([(byte)device, (byte)number, .. Fixed.Counting(0, 30)]);
        return new(new(id, 0), new(time), new([(byte)device, .. Fixed.Counting(0, 31)]), new([(byte)device, .. Fixed.Counting(0, 15)]), (ulong)number);
    }

    public static ItemValue Value(string text) => ItemValue.FromBytes(System.Text.Encoding.UTF8.GetBytes(text));

    public static Operation Put(string value, params Dot[] replaces) => Of(OperationKind.Put, value, replaces);

    public static Operation Resolve(string value, params Dot[] replaces) => Of(OperationKind.Resolve, value, replaces);

    public static Operation Delete(params Dot[] replaces) => Of(OperationKind.Delete, null, replaces);

    /// <summary>Folds one operation; returns its dot.</summary>
    public Dot Then(char device, int number, ulong time, Operation operation)
    {
        var origin = Origin(device, number, time);
        _operations.Add((operation, origin));
        State = Folding.Apply(State, operation, origin);
        return origin.Dot;
    }

    public ItemStory Fork()
    {
        var copy = new ItemStory { State = State };
        copy._operations.AddRange(_operations);
        return copy;
    }

    private static Operation Of(OperationKind kind, string? value, Dot[] replaces) =>
        new("items", "k", kind, [.. replaces.Order()], null, value is not null, value is null ? null : Value(value), [], null, null);
}
