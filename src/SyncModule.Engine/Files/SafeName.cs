using System.Globalization;
using System.Text;

namespace SyncModule.Engine.Files;

/// <summary>
/// Which keys can be files (T17): names are data and anybody who may write chooses them. Each component passes this rule before it
/// comes near the system; what does not pass is listed, never changed into something else.
/// </summary>
internal static class SafeName
{
    private const int MaxBytes = 255;

    private static readonly HashSet<string> Devices = new(
        ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", .. "123456789¹²³".SelectMany(d => new[] { "COM" + d, "LPT" + d })], StringComparer.OrdinalIgnoreCase);

    /// <summary>The components of a key, or why it cannot be a file.</summary>
    public static string? Check(string key, out string[] components) => Check(key, OperatingSystem.IsWindows(), out components);

    internal static string? Check(string key, bool windows, out string[] components)
    {
        components = key.Split('/');
        foreach (string component in components)
        {
            if (Problem(component, windows) is { } problem) return problem;
        }

        return null;
    }

    /// <summary>The same for two names that a file system without case takes for one.</summary>
    public static string Fold(string path) => path.Normalize(NormalizationForm.FormD).ToUpperInvariant().Normalize(NormalizationForm.FormC).ToUpperInvariant();

    private static string? Problem(string component, bool windows)
    {
        if (component.Length == 0) return "a part of the name is empty";
        if (component is "." or "..") return "a part of the name is '.' or '..'";
        if (TemporaryName.Is(component)) return "the name is kept for files that are being written";
        if (Encoding.UTF8.GetByteCount(component) > MaxBytes) return "a part of the name has more than 255 bytes";
        foreach (char c in component)
        {
            if (char.IsControl(c)) return string.Create(CultureInfo.InvariantCulture, $"the name has the control character U+{(int)c:X4}");
            if (c is '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069')) return string.Create(CultureInfo.InvariantCulture, $"the name has the direction control U+{(int)c:X4}");
        }

        return windows ? WindowsProblem(component) : null;
    }

    private static string? WindowsProblem(string component)
    {
        if (component.AsSpan().IndexOfAny("\\:<>\"|?*") >= 0) return "Windows does not allow one of its characters";
        if (component[^1] is '.' or ' ') return "Windows drops a dot or space at the end of a name";
        string stem = component.Split('.')[0].TrimEnd(' ');
        return Devices.Contains(stem) ? $"'{stem}' is a device on Windows" : null;
    }
}
