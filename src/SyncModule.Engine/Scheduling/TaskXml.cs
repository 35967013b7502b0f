using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace SyncModule.Engine.Scheduling;

/// <summary>The definition of a Windows task (MS-TSCH, task version 1.2). Tested as text; not run on Windows by the project so far.</summary>
public static class TaskXml
{
    /// <summary>Where the task stands in the scheduler's tree.</summary>
    public static string PathOf(string name) => $@"\SyncModule\{name}";

    public static string Of(SchedulePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        XNamespace ns = "http://schemas.microsoft.com/windows/2004/02/mit/task";
        var document = new XDocument(
            new XElement(ns + "Task", new XAttribute("version", "1.2"),
                new XElement(ns + "RegistrationInfo",
                    new XElement(ns + "Description", $"Sync of vault {plan.Vault}; made by Register-SyncSchedule of SyncModule."),
                    new XElement(ns + "URI", PathOf(plan.Name))),
                new XElement(ns + "Triggers",
                    new XElement(ns + "TimeTrigger",
                        new XElement(ns + "Repetition",
                            new XElement(ns + "Interval", XmlConvert.ToString(plan.Every)),
                            new XElement(ns + "StopAtDurationEnd", false)),
                        new XElement(ns + "StartBoundary", (plan.From + SchedulePlan.FirstAfter).LocalDateTime.ToString("s", CultureInfo.InvariantCulture)),
                        new XElement(ns + "Enabled", true))),
                new XElement(ns + "Principals",
                    // The user's own token: needs no password and no administrator, and the key file is the user's.
                    new XElement(ns + "Principal", new XAttribute("id", "Author"),
                        new XElement(ns + "UserId", plan.User),
                        new XElement(ns + "LogonType", "InteractiveToken"),
                        new XElement(ns + "RunLevel", "LeastPrivilege"))),
                new XElement(ns + "Settings",
                    new XElement(ns + "MultipleInstancesPolicy", "IgnoreNew"),
                    new XElement(ns + "DisallowStartIfOnBatteries", false),
                    new XElement(ns + "StopIfGoingOnBatteries", false),
                    new XElement(ns + "StartWhenAvailable", true),
                    new XElement(ns + "Enabled", true),
                    new XElement(ns + "ExecutionTimeLimit", "PT0S"),
                    new XElement(ns + "Priority", 7)),
                new XElement(ns + "Actions", new XAttribute("Context", "Author"),
                    new XElement(ns + "Exec",
                        new XElement(ns + "Command", plan.Program),
                        new XElement(ns + "Arguments", string.Join(' ', plan.Arguments.Prepend("Hidden").Prepend("-WindowStyle").Select(Argument)))))));
        return XmlText.Of(document, "UTF-16");
    }

    /// <summary>
    /// One argument as a program's C runtime takes it apart: quoted where it must be, a quotation mark escaped, and the backslashes
    /// before one (or before the closing one) doubled.
    /// </summary>
    public static string Argument(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > 0 && !text.Any(c => c is ' ' or '\t' or '"')) return text;
        var quoted = new StringBuilder("\"");
        int backslashes = 0;
        foreach (char c in text)
        {
            if (c == '\\')
            {
                backslashes++;
                continue;
            }

            quoted.Append('\\', c == '"' ? backslashes * 2 + 1 : backslashes).Append(c);
            backslashes = 0;
        }

        return quoted.Append('\\', backslashes * 2).Append('"').ToString();
    }
}
