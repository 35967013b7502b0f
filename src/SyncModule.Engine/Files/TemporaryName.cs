namespace SyncModule.Engine.Files;

/// <summary>Names of files that an export is still writing. Imports leave them out; an export that was cut off may leave one behind.</summary>
internal static class TemporaryName
{
    private const string Start = ".syncmodule-", End = ".part";
    private const int Digits = 16;

    public static string New() => Start + Guid.NewGuid().ToString("n")[..Digits] + End;

    public static bool Is(string name) =>
        name.Length == Start.Length + Digits + End.Length && name.StartsWith(Start, StringComparison.Ordinal) && name.EndsWith(End, StringComparison.Ordinal)
        && name.AsSpan(Start.Length, Digits).IndexOfAnyExcept("0123456789abcdef") < 0;
}
